import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AccessKeyCredentials } from '../../config/config.js';
import {
  AnsweringTransport,
  AuthenticatorRig,
  eventually,
  FakeClock,
  faultOf,
  passwordProject,
  PROJECT_ID,
  REQUEST,
  UNREACHABLE,
} from './authentication.fixture.js';
import { sign } from './access-key.js';

const KEY = { ak: 'AK', sk: 'SK' };
const nowhere = new AnsweringTransport(() => UNREACHABLE);

let clock: FakeClock;
let folder: string;
beforeEach(() => {
  clock = new FakeClock();
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function rigWith(credentials: Partial<AccessKeyCredentials> = {}) {
  const project = passwordProject({ credentials: { kind: 'aksk', ...KEY, ...credentials } });
  return new AuthenticatorRig(clock, nowhere, project);
}

/** A rig whose key is in files; `write` replaces them. */
function rigWithFiles() {
  const [akFile, skFile] = [join(folder, 'ak'), join(folder, 'sk')];
  const write = (ak: string, sk: string) => {
    writeFileSync(akFile, `${ak}\n`);
    writeFileSync(skFile, `${sk}\n`);
  };
  write(KEY.ak, KEY.sk);
  return { rig: rigWith({ akFile, skFile }), write };
}

/** The access key that the next request is signed with. */
async function accessOf(rig: AuthenticatorRig<AnsweringTransport>): Promise<string | undefined> {
  const { headers } = await rig.prove();
  return /Access=([^,]+)/.exec(headers['Authorization'] ?? '')?.[1];
}

describe('an access key', () => {
  it('signs every header of a request, and the project with them', async () => {
    const { headers } = await rigWith().prove();
    const withProject = { ...REQUEST, headers: { ...REQUEST.headers, 'X-Project-Id': PROJECT_ID } };
    expect(headers).toEqual(sign(withProject, KEY, clock.now()));
    expect(headers['Authorization']).toContain('SignedHeaders=host;region;x-project-id;x-sdk-date,');
  });

  it('that is temporary sends its security token, signed', async () => {
    const { headers } = await rigWith({ securityToken: 'token' }).prove();
    expect(headers).toMatchObject({ 'X-Security-Token': 'token' });
    expect(headers['Authorization']).toContain(';x-security-token,');
  });

  it('is dated anew for each request', async () => {
    const rig = rigWith();
    const first = await rig.prove();
    await clock.advance(16 * 60_000);
    expect((await rig.prove()).headers['X-Sdk-Date']).not.toBe(first.headers['X-Sdk-Date']);
  });

  it('asks nobody for the project that is configured', async () => {
    expect(await rigWith().one.projectId(clock.monotonic())).toBe(PROJECT_ID);
    expect(nowhere.requests).toEqual([]);
  });
});

describe('an access key that upstream refuses', () => {
  it('is final, is left alone for five seconds, and then tried by one request', async () => {
    const rig = rigWith();
    expect(await rig.one.reject(await rig.prove())).toBe('final');
    expect(rig.one.trouble).toBe('refused');
    expect(await faultOf(rig.prove())).toMatchObject({
      status: 503,
      code: 'upstream_authentication_failed',
      retryAfter: 5,
    });
    await clock.advance(5_000);
    expect(rig.one.trouble).toBeUndefined();
    const probe = await rig.prove();
    await faultOf(rig.prove());
    expect(await rig.one.reject(probe)).toBe('final');
    expect(await faultOf(rig.prove())).toMatchObject({ retryAfter: 60 });
    expect(rig.log.lines).toHaveLength(2);
  });

  it('is refused once for all the requests that were under way together', async () => {
    const rig = rigWith();
    const proofs = await Promise.all(Array.from({ length: 20 }, () => rig.prove()));
    for (const proof of proofs) await rig.one.reject(proof);
    expect(await faultOf(rig.prove())).toMatchObject({ retryAfter: 5 });
    expect(rig.log.lines).toHaveLength(1);
  });

  it('is in use again as soon as one request is taken', async () => {
    const rig = rigWith();
    await rig.one.reject(await rig.prove());
    await clock.advance(5_000);
    rig.one.accept(await rig.prove());
    for (let count = 0; count < 20; count += 1) await rig.prove();
    expect(rig.one.trouble).toBeUndefined();
  });

  it('fails at most five times in the first six minutes, where six in a row would lock it', async () => {
    const rig = rigWith();
    let failures = 0;
    for (let second = 0; second < 360; second += 1) {
      const proof = await rig.prove().catch(() => undefined);
      if (proof) {
        failures += 1;
        await rig.one.reject(proof);
      }
      await clock.advance(1_000);
    }
    expect(failures).toBeLessThanOrEqual(5);
  });

  it('is logged with the reason, and not with what it is', async () => {
    const rig = rigWith({ ak: 'VISIBLE-AK', sk: 'VISIBLE-SK' });
    await rig.one.reject(await rig.prove());
    expect(rig.log.lines.join()).toContain('upstream refuses the access key');
    expect(rig.log.lines.join()).not.toContain('VISIBLE');
  });
});

describe('an access key in files', () => {
  it('is the new one for the request that the old one was refused for', async () => {
    const { rig, write } = rigWithFiles();
    const proof = await rig.prove();
    write('NEW-AK', 'NEW-SK');
    expect(await rig.one.reject(proof)).toBe('renewed_may_help');
    expect(await accessOf(rig)).toBe('NEW-AK');
  });

  it('is the new one within a second of use, without any refusal', async () => {
    const { rig, write } = rigWithFiles();
    expect(await accessOf(rig)).toBe('AK');
    await rig.one.reject(await rig.prove());
    write('NEW-AK', 'NEW-SK');
    await clock.advance(1_000);
    await eventually(() => rig.one.trouble === undefined);
    expect(await accessOf(rig)).toBe('NEW-AK');
  });

  it('stays as it is while its files say the same', async () => {
    const { rig } = rigWithFiles();
    expect(await rig.one.reject(await rig.prove())).toBe('final');
  });

  it('changes as a whole: never the new half with the old one', async () => {
    const { rig, write } = rigWithFiles();
    const proof = await rig.prove();
    write('NEW-AK', '');
    expect(await rig.one.reject(proof)).toBe('final');
    await clock.advance(5_000);
    expect(await accessOf(rig)).toBe('AK');
  });
});
