import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { OPERATION_TYPE_NAMES, OPERATIONS } from '../../src/domain/operation-type.js';
import { UNANSWERED, UNREACHED } from '../../src/upstream/error-table.js';
import { falseClaims } from './false-claims.js';
import { FaultyLine } from './faulty-line.js';
import { LATE_MS, runMatrix, type Cell, type Verdict } from './matrix.js';
import { isHarmless, isSilent, nameOf, PLANS, type Plan } from './network-faults.js';

/** `FULL_FAULTS=1` takes every operation type through every fault; otherwise three through each, and each through many. */
const FULL = process.env['FULL_FAULTS'] === '1';

interface NetworkCell extends Cell {
  readonly plan: Plan;
  line?: FaultyLine;
}

const CELLS: readonly NetworkCell[] = PLANS.flatMap((plan, index) =>
  OPERATION_TYPE_NAMES.filter((_, type) => FULL || (type + index * 3) % 10 < 3).map(
    (operation): NetworkCell => {
      const cell: NetworkCell = {
        name: `${operation}-${nameOf(plan)}`,
        operation,
        waits: isSilent(plan),
        timesOut: isSilent(plan),
        plan,
        spoil: async (simulator) => {
          cell.line = await FaultyLine.open(simulator.url, plan, LATE_MS);
          return { hssEndpoint: cell.line.url };
        },
      };
      return cell;
    },
  ),
);

/** What a caller is told: the table's row for an exchange without an answer, or that it was done. */
type Told = Pick<Verdict['answer'], 'status' | 'outcome' | 'code' | 'retryable' | 'bytesSent'>;

const DONE: Told = { status: 200, outcome: 'applied', bytesSent: true };
const NOT_SENT: Told = { ...rowOf(UNREACHED), outcome: 'not_attempted', bytesSent: false };
const NOT_KNOWN: Told = { ...rowOf(UNANSWERED), outcome: 'unknown', bytesSent: true };

function rowOf({ status, code, retryable }: typeof UNREACHED) {
  return { status, code, retryable };
}

function toldOf({ plan, operation }: NetworkCell): Told {
  if (plan.phase === 'before_send') return NOT_SENT;
  if (isHarmless(plan)) return DONE;
  // What must not happen twice is sent once: nobody can know so soon whether it will be done.
  return OPERATIONS[operation].isIdempotent && plan.times === 'once' ? DONE : NOT_KNOWN;
}

describe('operations over a faulty network', () => {
  let verdicts: readonly Verdict<NetworkCell>[];
  beforeAll(async () => {
    verdicts = await runMatrix(CELLS);
  });
  afterAll(async () => {
    for (const { line } of CELLS) await line?.close();
  });

  it('go through every fault, in every phase, by every type of operation', () => {
    expect(PLANS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(CELLS.map(({ operation, plan }) => `${operation} ${plan.phase}`)).size).toBe(30);
    expect(verdicts).toHaveLength(FULL ? PLANS.length * 10 : PLANS.length * 3);
  });

  it('are never claimed to be what they are not: not in the answer, not in the receipt, not after it was settled', () => {
    expect(verdicts.flatMap(falseClaims)).toEqual([]);
  });

  it('are answered as the table of faults has it', () => {
    const told = verdicts.map(({ cell, answer: { status, outcome, code, retryable, bytesSent } }) => ({
      cell: cell.name,
      status,
      outcome,
      bytesSent,
      ...(code !== undefined && { code }),
      ...(retryable !== undefined && { retryable }),
    }));
    expect(told).toEqual(CELLS.map((cell) => ({ cell: cell.name, ...toldOf(cell) })));
  });

  it('are said to have been sent when a byte left, and only then', () => {
    const sent = verdicts.map(({ cell, answer }) => [cell.name, answer.bytesSent]);
    expect(sent).toEqual(CELLS.map(({ name, line }) => [name, (line?.bytesReceived ?? 0) > 0]));
  });

  it('tell, where their outcome was not known at first, when and how it became known', () => {
    for (const { answer, settled, effects } of verdicts) {
      if (answer.outcome !== 'unknown') expect(settled).not.toHaveProperty('settlement');
      else {
        expect(settled).toMatchObject({
          status: effects > 0 ? 'applied' : 'rejected',
          alarms: [{ outcome: effects > 0 ? 'applied' : 'rejected', verified: true }],
          settlement: { at: expect.stringMatching(/^\d{4}-/), how: 'read_back', settled: true },
        });
      }
    }
  });
});
