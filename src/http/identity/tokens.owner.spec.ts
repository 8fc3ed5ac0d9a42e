import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Caller } from '../../domain/caller.js';
import { claim, TokenRig, EC } from './token.fixture.js';

const caller = (id: string): Caller => ({ id, grants: [] });
const portal = caller('portal');
let rig: TokenRig;

beforeEach(() => {
  rig = new TokenRig({ caller: portal, claims: [claim('azp', 'portal')] });
});

describe('whose a token is', () => {
  const rules = [
    { caller: portal, claims: [claim('azp', 'portal')] },
    { caller: caller('bot'), claims: [claim('azp', 'bots'), claim('groups', 'chat')] },
    { caller: portal, claims: [claim('azp', 'old-portal')] },
    { caller: caller('ops'), claims: [claim('groups', 'ops')] },
  ];

  it.each([
    ['one claim', { azp: 'portal' }, 'portal'],
    ['either rule of a caller', { azp: 'old-portal' }, 'portal'],
    ['all claims of a rule', { azp: 'bots', groups: ['other', 'chat'] }, 'bot'],
    ['a list with the text in it', { azp: 'x', groups: ['ops'] }, 'ops'],
  ])('is found by %s', async (_, claims, id) => {
    rig = new TokenRig(...rules);
    expect((await rig.verifier.verify(await rig.token({ claims }), 'digest')).caller.id).toBe(id);
  });

  it.each([
    ['no rule fits', { azp: 'stranger' }, 'none of'],
    ['only a part of a rule fits', { azp: 'bots' }, 'none of'],
    ['the text is only a part of the claim', { azp: 'x', groups: 'ops,chat' }, 'none of'],
    ['a claim has another type', { azp: { portal: true } }, 'none of'],
    ['two callers fit', { azp: 'portal', groups: ['ops'] }, 'more than one of'],
  ])('is nobody when %s', async (_, claims, detail) => {
    rig = new TokenRig(...rules);
    const problem = await rig.refused(await rig.token({ claims }));
    expect(problem).toMatchObject({ status: 403, code: 'unknown_caller' });
    expect(problem.detail).toContain(detail);
  });

  it('is not found by what every object has', async () => {
    rig = new TokenRig({ caller: portal, claims: [claim('constructor', 'Object')] });
    expect(await rig.refused(await rig.token())).toMatchObject({ code: 'unknown_caller' });
  });
});

describe('a token that was verified', () => {
  const known = () => rig.verifier.known('digest')?.caller.id;

  // Verified by another version of the keys than the one before the very first fetch.
  beforeEach(async () => {
    await rig.verifier.verify(await rig.token(), 'first');
    await rig.verifier.verify(await rig.token(), 'digest');
  });

  it('is known until it expires, not a second longer', () => {
    rig.clock.pass(299_999);
    expect(known()).toBe('portal');
    rig.clock.pass(1);
    expect(known()).toBeUndefined();
  });

  it('is known only under its own digest', () => {
    expect(rig.verifier.known('digest2')).toBeUndefined();
  });

  it('is not known any more when its issuer changes its keys', async () => {
    await rig.verifier.verify(await rig.token({ claims: { exp: rig.seconds + 3_600 } }), 'digest');
    rig.published.publish(EC.jwk);
    rig.clock.pass(300_000);
    // Asking for it is what lets the keys be fetched again.
    expect(known()).toBe('portal');
    await new Promise((resolve) => setImmediate(resolve));
    expect(known()).toBeUndefined();
  });

  it('is not kept when it was refused', async () => {
    await rig.refused(await rig.token({ claims: { aud: 'other' } }));
    expect(rig.verifier.known('digest')?.caller.id).toBe('portal');
    rig = new TokenRig({ caller: portal, claims: [claim('azp', 'portal')] });
    await rig.refused(await rig.token({ claims: { aud: 'other' } }));
    expect(known()).toBeUndefined();
  });
});
