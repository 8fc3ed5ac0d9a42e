import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { OPERATION_TYPE_NAMES, OPERATIONS, type OperationType } from '../../src/domain/operation-type.js';
import { HSS_ERRORS } from '../../src/hss/error-table.js';
import { errorRow as errorRowIn } from '../../src/upstream/error-table.js';
import { falseClaims } from './false-claims.js';
import { Impostor, type Pretence } from './impostor.js';
import { runMatrix, type Cell, type Verdict } from './matrix.js';
import {
  bodyWith,
  IAM_CODES,
  iamBodyWith,
  UPSTREAM_CODES,
  type IamCode,
  type UpstreamCode,
} from './upstream-codes.js';

const errorRow = (code: string | undefined, status: number) => errorRowIn(code, status, HSS_ERRORS);

/** `FULL_FAULTS=1` takes every operation type through every code; otherwise isolation, and others in turn through what is not refused. */
const FULL = process.env['FULL_FAULTS'] === '1';

function typesFor({ code, status }: UpstreamCode, index: number): readonly OperationType[] {
  if (FULL) return OPERATION_TYPE_NAMES;
  const another = OPERATION_TYPE_NAMES[index % OPERATION_TYPE_NAMES.length] ?? 'ignore';
  if (errorRow(code, status).verdict === 'refused' || another === 'isolate_and_kill')
    return ['isolate_and_kill'];
  return ['isolate_and_kill', another];
}

const impostors: Impostor[] = [];

async function impostor(target: string, pretence: Pretence): Promise<string> {
  const opened = await Impostor.open(target, pretence);
  impostors.push(opened);
  return opened.url;
}

afterAll(() => Promise.all(impostors.map((each) => each.close())));

interface CodeCell extends Cell {
  readonly upstream: UpstreamCode;
  readonly reaches: Pretence['reaches'];
  readonly times: Pretence['times'];
}

function cellOf(
  operation: OperationType,
  upstream: UpstreamCode,
  reaches: Pretence['reaches'],
  times: Pretence['times'],
): CodeCell {
  const { code, status } = upstream;
  return {
    name: `${operation} ${code ?? 'no code'} ${status} ${reaches === 'later' ? 'done later' : reaches ? 'done' : 'not done'} ${times}`,
    operation,
    waits: errorRow(code, status).verdict === 'throttled',
    upstream,
    reaches,
    times,
    spoil: async ({ url }) => ({
      hssEndpoint: await impostor(url, {
        path: '/event/operate',
        status,
        body: bodyWith(code),
        times,
        reaches,
      }),
    }),
  };
}

/** What upstream perhaps did is tried all ways: at once, later, and never; a code that nothing is gained from repeating is met but once. */
const CELLS: readonly CodeCell[] = UPSTREAM_CODES.flatMap((upstream, index) => {
  const ways = upstream.done === 'perhaps' ? ([true, 'later', false] as const) : [false];
  const { verdict } = errorRow(upstream.code, upstream.status);
  const times = verdict === 'refused' ? (['always'] as const) : (['always', 'once'] as const);
  return typesFor(upstream, index).flatMap((operation) =>
    ways.flatMap((reaches) => times.map((each) => cellOf(operation, upstream, reaches, each))),
  );
});

/** What the table makes of a code for the whole operation: refused, done after all, or not known. */
function outcomeOf({ operation, upstream, times }: CodeCell): 'rejected' | 'applied' | 'unknown' {
  const { verdict } = errorRow(upstream.code, upstream.status);
  if (verdict === 'refused') return 'rejected';
  if (verdict !== 'unknown') return times === 'once' ? 'applied' : 'rejected';
  // What must not happen twice is sent once: nobody can know so soon whether it will be done.
  return OPERATIONS[operation].isIdempotent && times === 'once' ? 'applied' : 'unknown';
}

describe("every error code of upstream's", () => {
  let verdicts: readonly Verdict<CodeCell>[];
  beforeAll(async () => {
    verdicts = await runMatrix(CELLS);
  });

  it('is met', () => {
    expect(UPSTREAM_CODES.length).toBeGreaterThan(120);
    expect(verdicts).toHaveLength(CELLS.length);
  });

  it('leads to no claim that is not true: not in the answer, not in the receipt, not after it was settled', () => {
    expect(verdicts.flatMap(falseClaims)).toEqual([]);
  });

  it('is answered as the table has it', () => {
    const told = verdicts.map(({ cell, answer: { status, outcome, code, retryable, bytesSent } }) => {
      const problem = status === 200 ? {} : { code, retryable };
      return { cell: cell.name, status, outcome, bytesSent, ...problem };
    });
    const expected = CELLS.map((cell) => {
      const { status, code, retryable } = errorRow(cell.upstream.code, cell.upstream.status);
      const outcome = outcomeOf(cell);
      const problem = outcome === 'applied' ? { status: 200 } : { status, code, retryable };
      return { cell: cell.name, outcome, bytesSent: true, ...problem };
    });
    expect(told).toEqual(expected);
  });

  it('is never followed by a second attempt that would act twice', () => {
    const twice = verdicts.filter(
      ({ cell, effects }) => !OPERATIONS[cell.operation].isIdempotent && effects > 1,
    );
    expect(twice.map(({ cell }) => cell.name)).toEqual([]);
  });

  it('says when to come back, where it says to come back because of too many requests', () => {
    const throttled = verdicts.filter(({ answer }) => answer.code === 'upstream_throttled');
    expect(throttled.length).toBeGreaterThan(0);
    for (const { answer } of throttled) expect(answer.retryAfter).toBeGreaterThanOrEqual(1);
  });
});

describe('every way in which IAM refuses a login', () => {
  interface IamCell extends Cell {
    readonly iam: IamCode;
  }
  const cells: readonly IamCell[] = IAM_CODES.map((iam) => ({
    name: `${iam.code ?? 'no code'} ${iam.status}${iam.nested ? ' nested' : ''}`,
    operation: 'isolate_and_kill',
    waits: false,
    iam,
    spoil: async ({ url }) => ({
      iamEndpoint: await impostor(url, {
        path: '/v3/auth/tokens',
        status: iam.status,
        body: iamBodyWith(iam),
        times: 'always',
        reaches: false,
      }),
    }),
  }));
  let verdicts: readonly Verdict<IamCell>[];
  beforeAll(async () => {
    verdicts = await runMatrix(cells);
  });

  it('leads to no claim that is not true', () => {
    expect(verdicts.flatMap(falseClaims)).toEqual([]);
  });

  it('is answered with what is wrong with the account, and that nothing was sent', () => {
    const told = verdicts.map(({ cell, answer: { status, outcome, code, bytesSent, retryable } }) => [
      cell.name,
      status,
      outcome,
      code,
      bytesSent,
      retryable,
    ]);
    const mayHelp = (code: IamCode['told']) =>
      code === 'upstream_throttled' || code === 'upstream_token_unavailable';
    expect(told).toEqual(
      cells.map(({ name, iam }) => [name, 503, 'not_attempted', iam.told, false, mayHelp(iam.told)]),
    );
  });
});
