import { describe, expect, it } from '@jest/globals';

import { ProjectGate, type Entry, type Pass } from '../src/upstream/gate.js';
import { FakeClock } from './simulation/fake-clock.js';

const START = 1_000_000;

/** A gate of eight places, one of them for taking back, on a clock that stands still until it is told to go on. */
function gateOn(): {
  gate: ProjectGate;
  clock: FakeClock;
  enter: (deadlineMs: number, priority?: 'reversal') => Asked;
} {
  const clock = new FakeClock(START);
  const gate = new ProjectGate(8, clock);
  const enter = (deadlineMs: number, priority: 'normal' | 'reversal' = 'normal') => {
    const asked: Asked = {};
    void gate.enter(priority, clock.monotonic() + deadlineMs).then((entry) => (asked.entry = entry));
    return asked;
  };
  return { gate, clock, enter };
}

interface Asked {
  entry?: Entry;
}

const passOf = ({ entry }: Asked): Pass => {
  if (!entry || !('pass' in entry)) throw new Error(`no pass: ${JSON.stringify(entry)}`);
  return entry.pass;
};

/** Lets everything happen that needs no time. */
const settle = (clock: FakeClock) => clock.runUntil(clock.now());

async function fill(enter: (deadlineMs: number) => Asked, clock: FakeClock): Promise<Pass[]> {
  const asked = Array.from({ length: 7 }, () => enter(10_000));
  await settle(clock);
  return asked.map(passOf);
}

describe('the places of a project', () => {
  it('are given until there are none, and then in turn', async () => {
    const { gate, clock, enter } = gateOn();
    const [first, second] = await fill(enter, clock);
    const [one, another] = [enter(10_000), enter(10_000)];
    await settle(clock);
    expect(gate.waiting).toBe(2);
    first?.done('ok');
    await settle(clock);
    expect([one.entry, another.entry]).toEqual([{ pass: expect.anything() }, undefined]);
    second?.done('ok');
    await settle(clock);
    expect(another.entry).toEqual({ pass: expect.anything() });
  });

  it('have one for taking back when all others are taken, and taking back goes first in the queue', async () => {
    const { clock, enter } = gateOn();
    const [first, second] = await fill(enter, clock);
    const reserved = enter(10_000, 'reversal');
    const [normal, reversal] = [enter(10_000), enter(10_000, 'reversal')];
    await settle(clock);
    passOf(reserved);
    expect([normal.entry, reversal.entry]).toEqual([undefined, undefined]);
    first?.done('ok');
    await settle(clock);
    passOf(reversal);
    expect(normal.entry).toBeUndefined();
    second?.done('ok');
    await settle(clock);
    passOf(normal);
  });

  it('are refused at once to whom the wait would outlive the deadline', async () => {
    const { gate, clock, enter } = gateOn();
    await fill(enter, clock);
    // Nothing has moved for a second, so nothing is expected to within the next.
    await clock.runUntil(START + 1_000);
    const asked = enter(1_200);
    await settle(clock);
    expect(asked.entry).toEqual({ held: 'busy', retryAfterMs: 1_000 });
    expect(gate.waiting).toBe(0);
  });

  it('are refused at once when a thousand wait already', async () => {
    const { clock, enter } = gateOn();
    await fill(enter, clock);
    for (let count = 0; count < 1_000; count += 1) enter(10_000);
    const asked = enter(30_000);
    await settle(clock);
    expect(asked.entry).toEqual({ held: 'busy', retryAfterMs: 60_000 });
  });

  it('are waited for no longer than an attempt still makes sense, and are then not taken', async () => {
    const { gate, clock, enter } = gateOn();
    const [first] = await fill(enter, clock);
    const asked = enter(1_000);
    await clock.runUntil(START + 749);
    expect(asked.entry).toBeUndefined();
    await clock.runUntil(START + 750);
    expect(asked.entry).toMatchObject({ held: 'busy' });
    expect(gate.waiting).toBe(0);
    first?.done('ok');
    const next = enter(1_000);
    await settle(clock);
    passOf(next);
  });

  it('are not queued for while upstream is known to be down', async () => {
    const { gate, clock, enter } = gateOn();
    await fill(enter, clock);
    for (let faults = 0; faults < 20; faults += 1) gate.breaker.report('fault', 1, clock.monotonic());
    const asked = enter(10_000);
    await settle(clock);
    expect(asked.entry).toEqual({ held: 'breaker_open', retryAfterMs: 5_000 });
  });
});

describe('a cool-down', () => {
  it('holds everybody for as long, and lets them through after it', async () => {
    const { gate, clock, enter } = gateOn();
    gate.coolDown(2_000);
    const [one, another] = [enter(10_000), enter(10_000, 'reversal')];
    await clock.runUntil(START + 1_999);
    expect([one.entry, another.entry]).toEqual([undefined, undefined]);
    await clock.runUntil(START + 2_000);
    passOf(one);
    passOf(another);
  });

  it('is told at once to whom it would outlive the deadline', async () => {
    const { gate, clock, enter } = gateOn();
    gate.coolDown(2_000);
    const asked = enter(2_200);
    await settle(clock);
    expect(asked.entry).toEqual({ held: 'throttled', retryAfterMs: 2_000 });
  });

  it('that is made longer while somebody waits is waited for to its end', async () => {
    const { gate, clock, enter } = gateOn();
    gate.coolDown(1_000);
    const asked = enter(10_000);
    await clock.runUntil(START + 500);
    gate.coolDown(3_000);
    await clock.runUntil(START + 3_499);
    expect(asked.entry).toBeUndefined();
    await clock.runUntil(START + 3_500);
    passOf(asked);
  });

  it('that begins while somebody waits for a turn holds them too', async () => {
    const { gate, clock, enter } = gateOn();
    const [first] = await fill(enter, clock);
    const asked = enter(10_000);
    await settle(clock);
    gate.coolDown(1_000);
    first?.done('throttled');
    await settle(clock);
    expect(asked.entry).toBeUndefined();
    await clock.runUntil(START + 1_000);
    passOf(asked);
  });
});
