import { hash } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { KeyUseStore } from '../../audit/index.js';
import type { CallerConfig, Config } from '../../config/config.js';
import { KeyUses } from './api-keys.js';
import { CallerDirectory } from './caller-directory.js';
import { PublishedKeys, StoppedClock } from './identity.fixture.js';
import { AuthenticationProblem } from './identity.js';
import { IssuedTokens } from './issued-tokens.js';

const HOUR = 3_600_000;
const SIGNING = {
  signing: { masterKey: 'a-master-key-for-the-tests-and-nothing-else' },
} as unknown as Config;

let clock: StoppedClock;
beforeEach(() => {
  clock = new StoppedClock();
});

const caller = (id: string, keys: CallerConfig['keys']): CallerConfig => ({ id, keys, grants: [] });

function registryOf(...callers: CallerConfig[]) {
  const uses = new KeyUses({} as KeyUseStore, clock);
  return new CallerDirectory({ callers } as unknown as Config, uses, new PublishedKeys(), clock).current;
}

const portal = (text = 'secret', more: object = {}) =>
  registryOf(caller('portal', [{ id: 'k', sha256: hash('sha256', text), ...more }]));
const keyIn = (registry: ReturnType<typeof registryOf>) => registry.callers.get('portal')!.keys[0]!;

function refusal(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof AuthenticationProblem) return error.code;
    throw error;
  }
}

describe('a token that was given out', () => {
  it('is known for an hour, and then has expired', () => {
    const tokens = new IssuedTokens(SIGNING, clock);
    const registry = portal();
    const { text, issuedAt, expiresAt } = tokens.issue(keyIn(registry));
    expect(expiresAt - issuedAt).toBe(HOUR);
    clock.pass(HOUR - 1);
    expect(tokens.known(text, registry).key.identity.caller.id).toBe('portal');
    clock.pass(1);
    expect(refusal(() => tokens.known(text, registry))).toBe('expired_token');
  });

  it('is over with its key, and no other key of that id takes its place', () => {
    const tokens = new IssuedTokens(SIGNING, clock);
    const { text } = tokens.issue(keyIn(portal()));
    expect(refusal(() => tokens.known(text, registryOf(caller('portal', []))))).toBe('invalid_key');
    expect(refusal(() => tokens.known(text, registryOf()))).toBe('invalid_key');
    expect(refusal(() => tokens.known(text, portal('another')))).toBe('invalid_key');
    expect(refusal(() => tokens.known(text, portal()))).toBeUndefined();
  });

  it('is known to others with the same master key, and to nobody else without one', () => {
    const none = {} as Config;
    const registry = portal();
    const given = new IssuedTokens(SIGNING, clock).issue(keyIn(registry)).text;
    expect(refusal(() => new IssuedTokens(SIGNING, clock).known(given, registry))).toBeUndefined();
    const own = new IssuedTokens(none, clock);
    expect(refusal(() => own.known(own.issue(keyIn(registry)).text, registry))).toBeUndefined();
    expect(
      refusal(() => new IssuedTokens(none, clock).known(own.issue(keyIn(registry)).text, registry)),
    ).toBe('invalid_key');
  });

  it('is none once a character of it differs', () => {
    const tokens = new IssuedTokens(SIGNING, clock);
    const registry = portal();
    const { text } = tokens.issue(keyIn(registry));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'AbZ09_-. é'), (place, sign) => {
        fc.pre(text[place] !== sign);
        const other = text.slice(0, place) + sign + text.slice(place + 1);
        expect(refusal(() => tokens.known(other, registry))).toBe('invalid_key');
      }),
      { numRuns: 500 },
    );
  });
});
