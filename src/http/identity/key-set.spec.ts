import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';

import { Logger } from '@nestjs/common';

import { PublishedKeys, StoppedClock } from './identity.fixture.js';
import { KeySet, KeysUnavailable } from './key-set.js';

let one: object;
let two: object;
let clock: StoppedClock;
let published: PublishedKeys;
let keys: KeySet;

const ask = async (kid: string) => keys.keyFor({ alg: 'ES256', kid }, { payload: '', signature: '' });

beforeAll(async () => {
  const publicKey = async (kid: string) => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    return { ...(await exportJWK(pair.publicKey)), kid };
  };
  one = await publicKey('one');
  two = await publicKey('two');
  Logger.overrideLogger(false);
});
beforeEach(() => {
  clock = new StoppedClock();
  published = new PublishedKeys();
  published.publish(one);
  keys = new KeySet('https://login.example.com/jwks', published, clock);
});
afterEach(() => {
  published.gate = undefined;
});

describe("an issuer's keys", () => {
  it('are fetched once for all who wait', async () => {
    let open = (): void => undefined;
    published.gate = new Promise((resolve) => (open = resolve));
    const asked = Array.from({ length: 100 }, () => ask('one'));
    open();
    await Promise.all(asked);
    expect(published.reads).toBe(1);
  });

  it('are kept for ten minutes, and fetched anew in the background after five', async () => {
    await ask('one');
    clock.pass(299_999);
    await ask('one');
    expect(published.reads).toBe(1);
    clock.pass(1);
    published.gate = new Promise(() => undefined);
    // Nobody waits for the fetch, which never ends here.
    await ask('one');
    expect(published.reads).toBe(2);
  });

  it('are waited for after ten minutes', async () => {
    await ask('one');
    clock.pass(600_000);
    published.publish(two);
    await expect(ask('one')).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(published.reads).toBe(2);
  });

  it('are fetched anew when a token names a new one', async () => {
    await ask('one');
    clock.pass(30_000);
    published.publish(one, two);
    await ask('two');
    expect(published.reads).toBe(2);
  });

  it('are fetched once in 30 seconds however many unknown keys are named', async () => {
    await ask('one');
    clock.pass(30_000);
    for (let count = 0; count < 200; count += 1) {
      await expect(ask(`made-up-${count}`)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    }
    expect(published.reads).toBe(2);
    clock.pass(29_999);
    await expect(ask('made-up')).rejects.toThrow();
    expect(published.reads).toBe(2);
    clock.pass(1);
    await Promise.allSettled(Array.from({ length: 50 }, (_, count) => ask(`made-up-${count}`)));
    expect(published.reads).toBe(3);
  });

  it.each<[string, string | undefined]>([
    ['the issuer is down', undefined],
    ['it answers no JSON', '<html>'],
    ['it answers no set of keys', '{"keys":{}}'],
    ['it answers null', 'null'],
  ])('stay in use when they cannot be fetched: %s', async (_, text) => {
    await ask('one');
    clock.pass(600_000);
    published.text = text;
    await ask('one');
    await ask('one');
    // Not tried again with every token.
    expect(published.reads).toBe(2);
    clock.pass(30_000);
    await ask('one');
    expect(published.reads).toBe(3);
  });

  it('are not believed for ever when they cannot be fetched', async () => {
    await ask('one');
    published.text = undefined;
    clock.pass(86_399_999);
    await ask('one');
    clock.pass(1);
    await expect(ask('one')).rejects.toBeInstanceOf(KeysUnavailable);
  });

  it('are not to be had while the first fetch fails, which is tried again after five seconds', async () => {
    published.text = undefined;
    for (let count = 0; count < 20; count += 1)
      await expect(ask('one')).rejects.toBeInstanceOf(KeysUnavailable);
    expect(published.reads).toBe(1);
    clock.pass(5_000);
    published.publish(one);
    await ask('one');
    expect(published.reads).toBe(2);
  });

  it('have a version that changes with them and only then', async () => {
    const before = keys.version;
    await ask('one');
    const first = keys.version;
    expect(first).not.toBe(before);
    clock.pass(600_000);
    await ask('one');
    expect(keys.version).toBe(first);
    clock.pass(600_000);
    published.publish(one, two);
    await ask('one');
    expect(keys.version).not.toBe(first);
  });
});
