import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type RefusalRecord, type RefusalSummaryRecord, AuditTrail, AuditEngine } from '../audit/index.js';
import type { AuditAppend, RejectedAppend, Row } from '../audit/audit.engine.js';
import { Metrics } from '../metrics/metrics.js';
import { Problem } from '../problems/problem.js';
import { StoppedClock } from './identity/identity.fixture.js';
import { RefusalRecorder } from './refusal-recorder.js';

/** Keeps what it is given, or fails as long as a test wants it to. */
class Shelf extends AuditEngine {
  readonly entries: AuditAppend[] = [];
  attempts = 0;
  failure: Error | undefined;

  override append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]> {
    this.attempts += entries.length;
    if (this.failure) return Promise.reject(this.failure);
    this.entries.push(...entries);
    return Promise.resolve([]);
  }

  override query(): Promise<Row[]> {
    return Promise.resolve([]);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Time that passes when a test says so, with what was to be done then. */
class TickingClock extends StoppedClock {
  #tasks: { at: number; task: () => void }[] = [];

  override schedule(milliseconds: number, task: () => void): () => void {
    const planned = { at: this.time + milliseconds, task };
    this.#tasks.push(planned);
    return () => {
      this.#tasks = this.#tasks.filter((each) => each !== planned);
    };
  }

  override pass(milliseconds: number): void {
    super.pass(milliseconds);
    const due = this.#tasks.filter(({ at }) => at <= this.time);
    this.#tasks = this.#tasks.filter(({ at }) => at > this.time);
    for (const { task } of due) task();
  }
}

/** A commit gathers what a few turns of the event loop bring. */
const quiet = async () => {
  for (let turns = 0; turns < 10; turns += 1) await nextTurn();
};

class Bench {
  readonly clock = new TickingClock();
  readonly shelf = new Shelf();
  readonly refusals = new RefusalRecorder(new AuditTrail(this.shelf), this.clock, new Metrics());

  refuse(
    times: number,
    { address = '192.0.2.7', caller = undefined as string | undefined, code = 'no' } = {},
  ) {
    for (let count = 0; count < times; count += 1) {
      const asked = { requestId: 'r', address, method: 'GET', route: 'none' };
      const who = caller === undefined ? {} : { caller: { id: caller, grants: [] } };
      this.refusals.note(new Problem(404, code, 'No.'), asked, who);
    }
  }

  async end(): Promise<void> {
    await quiet();
    this.refusals.beforeApplicationShutdown();
    await this.refusals.onApplicationShutdown();
  }

  get records(): (RefusalRecord | RefusalSummaryRecord)[] {
    return this.shelf.entries.map(({ body }) => JSON.parse(body) as RefusalRecord);
  }

  get recorded(): RefusalRecord[] {
    return this.records.filter((record) => record.kind === 'refusal');
  }

  get summaries(): RefusalSummaryRecord[] {
    return this.records.filter((record) => record.kind === 'refusal_summary');
  }
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((all, n) => all + n, 0);

describe('refusals of those who proved nothing', () => {
  it('are recorded a few of each address, and the rest in one summary', async () => {
    const bench = new Bench();
    bench.refuse(500);
    bench.refuse(2, { address: '192.0.2.8', code: 'other' });
    await bench.end();
    expect(bench.recorded).toHaveLength(10 + 2);
    expect(bench.summaries).toEqual([
      expect.objectContaining({ counts: { no: 490 }, addresses: 1, from: bench.recorded[0]?.at }),
    ]);
    expect(bench.summaries[0]).not.toHaveProperty('caller');
  });

  it('are bounded in all, whatever addresses they come from', async () => {
    const bench = new Bench();
    for (let index = 0; index < 200; index += 1) bench.refuse(3, { address: `198.51.100.${index}` });
    await bench.end();
    expect(bench.recorded).toHaveLength(60);
    expect(bench.summaries).toMatchObject([{ counts: { no: 540 }, addresses: 180 }]);
  });

  it('of one IPv6 network come from one address', async () => {
    const bench = new Bench();
    for (let index = 0; index < 100; index += 1) bench.refuse(1, { address: `2001:db8:1:2::${index}` });
    await bench.end();
    expect([bench.recorded.length, bench.summaries[0]?.addresses]).toEqual([10, 1]);
  });

  it('are summed up once a minute, and not where there is nothing to report', async () => {
    const bench = new Bench();
    bench.refuse(20);
    bench.clock.pass(59_999);
    await quiet();
    expect(bench.summaries).toEqual([]);
    bench.clock.pass(1);
    await quiet();
    expect(bench.summaries).toMatchObject([{ counts: { no: 10 } }]);
    bench.clock.pass(600_000);
    await bench.end();
    expect(bench.summaries).toHaveLength(1);
  });

  it('are all accounted for, and no more of them recorded than may be, whatever the rhythm', async () => {
    const burst = fc.record({ pause: fc.nat(40_000), times: fc.nat(40), address: fc.nat(4) });
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { maxLength: 30 }), async (bursts) => {
        const bench = new Bench();
        const startedAt = bench.clock.now();
        for (const { pause, times, address } of bursts) {
          bench.clock.pass(pause);
          bench.refuse(times, { address: `192.0.2.${address}` });
          await quiet();
        }
        await bench.end();
        const told =
          bench.recorded.length + bench.summaries.reduce((all, { counts }) => all + sum(counts), 0);
        expect(told).toBe(bursts.reduce((all, { times }) => all + times, 0));
        const minutes = (bench.clock.now() - startedAt) / 60_000;
        expect(bench.recorded.length).toBeLessThanOrEqual(60 + minutes * 30);
        expect(bench.summaries.length).toBeLessThanOrEqual(minutes + 1);
      }),
      { numRuns: 50 },
    );
  });
});

describe('refusals of a caller', () => {
  it('are all recorded in a flood of others, and each under its own name', async () => {
    const bench = new Bench();
    for (let count = 0; count < 300; count += 1) {
      bench.refuse(20);
      bench.refuse(1, { caller: 'portal' });
    }
    await bench.end();
    expect(bench.recorded.filter(({ caller }) => caller === 'portal')).toHaveLength(300);
    expect(bench.summaries.map(({ caller }) => caller)).toEqual([undefined]);
  });

  it('are bounded too, and counted under its own name alone', async () => {
    const bench = new Bench();
    bench.refuse(1_010, { caller: 'portal', code: 'request_limit' });
    bench.refuse(5, { caller: 'bot' });
    await bench.end();
    expect(bench.recorded.filter(({ caller }) => caller === 'portal')).toHaveLength(1_000);
    expect(bench.recorded.filter(({ caller }) => caller === 'bot')).toHaveLength(5);
    expect(bench.summaries).toMatchObject([{ caller: 'portal', counts: { request_limit: 10 } }]);
  });
});

describe('while the trail cannot be written', () => {
  it('one refusal after the other tries whether it can be, and all are counted', async () => {
    const bench = new Bench();
    bench.shelf.failure = new Error('disk full');
    bench.refuse(1, { caller: 'portal' });
    await quiet();
    const { attempts } = bench.shelf;
    bench.refuse(100);
    await quiet();
    expect(bench.shelf.attempts).toBe(attempts + 1);
    bench.shelf.failure = undefined;
    bench.refuse(100);
    await bench.end();
    expect(bench.recorded).toHaveLength(1);
    const counted = bench.summaries.map(({ caller = 'nobody', counts }) => [caller, sum(counts)]);
    expect(Object.fromEntries(counted)).toEqual({ portal: 1, nobody: 199 });
  });

  it('a summary that cannot be written is part of the next', async () => {
    const bench = new Bench();
    bench.refuse(20);
    await quiet();
    bench.shelf.failure = new Error('disk full');
    bench.clock.pass(60_000);
    await quiet();
    bench.shelf.failure = undefined;
    bench.refuse(1);
    await quiet();
    bench.clock.pass(60_000);
    await quiet();
    expect(bench.summaries).toMatchObject([{ counts: { no: 10 } }]);
  });
});
