import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { OperationType } from '../../src/domain/operation-type.js';
import { falseClaims } from './false-claims.js';
import { Impostor } from './impostor.js';
import { runMatrix, type Cell, type Verdict } from './matrix.js';

/** What else than its documented success an HTTP 200 may say, where upstream perhaps did what it was asked to. */
const STRANGE = [
  ...[
    'null',
    '[]',
    '"ok"',
    'true',
    '<html></html>',
    '{"result":"success"}',
    '{"total_num":0,"data_list":[]}',
  ],
  ...[
    '{"error":"forbidden"}',
    '{"error_msg":"internal error"}',
    '{"error":{"message":"x"}}',
    '{"error_code":{}}',
  ],
  ...['{"code":200,"message":"ok"}', '{"code":500,"message":"x"}', '{"error_code":"0","code":"HSS.0010"}'],
];
/** A code that can be read: upstream said no, and did nothing. */
const REFUSALS = [
  '{"code":"HSS.0010","message":"no permission"}',
  '{"errorCode":"HSS.0010","errorMsg":"no permission"}',
  '{"error":{"code":"HSS.0010","message":"no permission"}}',
  '{"error":{"error_code":"HSS.0010","error_msg":"no permission"}}',
];
const SUCCESSES = ['', ' \r\n', '{}', '{"error_code":"0","error_msg":""}', '{"code":0}'];
const OPERATIONS: readonly OperationType[] = ['ignore', 'isolate_and_kill', 'add_to_login_whitelist'];

interface ShapeCell extends Cell {
  readonly body: string;
  readonly reaches: boolean;
}

const impostors: Impostor[] = [];
afterAll(() => Promise.all(impostors.map((each) => each.close())));

const cellsOf = (body: string, ways: readonly boolean[]): ShapeCell[] =>
  OPERATIONS.flatMap((operation) =>
    ways.map((reaches) => ({
      name: `${operation} 200 ${JSON.stringify(body)} ${reaches ? 'done' : 'not done'}`,
      operation,
      waits: false,
      body,
      reaches,
      spoil: async ({ url }) => {
        const pretence = { path: '/event/operate', status: 200, body, times: 'always', reaches } as const;
        const opened = await Impostor.open(url, pretence);
        impostors.push(opened);
        return { hssEndpoint: opened.url };
      },
    })),
  );

const CELLS: readonly ShapeCell[] = [
  ...STRANGE.flatMap((body) => cellsOf(body, [true, false])),
  ...REFUSALS.flatMap((body) => cellsOf(body, [false])),
  ...SUCCESSES.flatMap((body) => cellsOf(body, [true])),
];

describe('an HTTP 200, whatever its body', () => {
  let verdicts: readonly Verdict<ShapeCell>[];
  beforeAll(async () => {
    verdicts = await runMatrix(CELLS);
  });

  const of = (bodies: readonly string[]) => verdicts.filter(({ cell }) => bodies.includes(cell.body));

  it('leads to no claim that is not true: not in the answer, not in the receipt, not after it was settled', () => {
    expect(verdicts).toHaveLength(CELLS.length);
    expect(verdicts.flatMap(falseClaims)).toEqual([]);
  });

  it('is no success where it is not the documented one, and says nothing of what was done', () => {
    const told = of(STRANGE).map(({ cell, answer }) => [cell.name, answer.outcome]);
    for (const [name, outcome] of told)
      expect([name, ['unknown', 'applied'].includes(String(outcome))]).toEqual([name, true]);
    const undone = of(STRANGE).filter(({ cell, effectsAtAnswer }) => !cell.reaches && effectsAtAnswer === 0);
    expect(undone.length).toBeGreaterThan(STRANGE.length);
    for (const { cell, answer } of undone)
      expect([cell.name, answer.outcome]).toEqual([cell.name, 'unknown']);
  });

  it('refuses by a code in any of the shapes', () => {
    for (const { cell, answer } of of(REFUSALS)) {
      expect([cell.name, answer.status, answer.code, answer.outcome]).toEqual([
        cell.name,
        403,
        'upstream_permission_denied',
        'rejected',
      ]);
    }
  });

  it('is a success where it is the documented one', () => {
    for (const { cell, answer } of of(SUCCESSES)) {
      expect([cell.name, answer.status, answer.outcome]).toEqual([cell.name, 200, 'applied']);
    }
  });
});
