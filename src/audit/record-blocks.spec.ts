import { describe, expect, it } from '@jest/globals';

import { BLOCK_RECORDS, BlockIndexer, blockOf, type BlockRows } from './record-blocks.js';
import { agentToken, hostToken, type IndexedRecord } from './record-facts.js';

const row = (
  seq: number,
  record: { readonly kind: string; readonly operationId?: string; readonly [member: string]: unknown },
): IndexedRecord => ({
  ...{ seq, kind: record.kind, operation_id: record.operationId ?? null },
  body: JSON.stringify(record),
});
const intent = (seq: number, more: object = {}) =>
  row(seq, {
    ...{ kind: 'intent', operationId: 'o', caller: 'bot', operation: 'ignore' },
    ...{ scope: { project: 'prod', enterpriseProjectId: '0' }, alarms: ['e'], ...more },
  });
const outcome = (seq: number, chunk: object = {}) =>
  row(seq, {
    kind: 'outcome',
    operationId: 'o',
    status: 'applied',
    chunks: [{ outcome: 'applied', ...chunk }],
  });
const SEEN = { seen: [{ eventId: 'e', severity: 'Low', host: { name: 'web' } }] };

const factsIn = ({ facts }: BlockRows, block: number) =>
  facts.filter((one) => one.block === block).map(({ fact }) => fact);
const wordsIn = ({ words }: BlockRows) => new Map(words.map(({ id, tokens }) => [id, tokens.split(' ')]));

describe('the index of records', () => {
  it('has each block once, and the words of a slice at its last record there', () => {
    const indexer = new BlockIndexer();
    const requests = [{ operate_event_list: [{ operate_detail_list: [{ agent_id: 'a' }] }] }];
    const records = [
      ...[intent(1, { requests }), outcome(2), row(3, { kind: 'refusal', code: 'x' })],
      ...[outcome(BLOCK_RECORDS + 1), row(BLOCK_RECORDS + 2, { kind: 'refusal', code: 'y' })],
    ];
    expect(indexer.unknownIn(records)).toEqual(new Set());
    const rows = indexer.rowsOf(records, []);
    expect(factsIn(rows, 0).filter((fact) => fact.startsWith('kind'))).toEqual([
      ...['kind=intent', 'kind=outcome', 'kind=refusal'],
    ]);
    expect(factsIn(rows, 1)).toEqual(expect.arrayContaining(['caller=bot', 'outcome=applied', 'code=y']));
    expect(factsIn(rows, 1)).not.toContain('kind=intent');
    expect(wordsIn(rows)).toEqual(
      new Map([
        [2 * 3, [agentToken('a')]],
        [2 * (BLOCK_RECORDS + 2), [agentToken('a')]],
      ]),
    );
  });

  it('has what was seen later of the earlier records too, also of those that it must read again', () => {
    const [first, last] = [intent(1), BLOCK_RECORDS * 3];
    const chunk = row(BLOCK_RECORDS + 1, { kind: 'chunk', operationId: 'o', index: 0, chunk: {} });
    for (const isKnown of [true, false]) {
      const indexer = new BlockIndexer();
      if (isKnown) indexer.rowsOf([first, chunk], []);
      const records = [row(chunk.seq + 1, { kind: 'refusal' }), outcome(last, SEEN)];
      expect(indexer.unknownIn(records)).toEqual(new Set(isKnown ? [] : ['o']));
      const ahead = outcome(last + 1, { seen: [{ eventId: 'e', host: { name: 'not-yet' } }] });
      const rows = indexer.rowsOf(records, isKnown ? [] : [first, { ...chunk, body: null }, ahead]);
      expect(factsIn(rows, 0)).toEqual(['severity=Low']);
      expect(factsIn(rows, 1)).toContain('severity=Low');
      expect(factsIn(rows, blockOf(last))).toEqual(expect.arrayContaining(['severity=Low', 'caller=bot']));
      // A chunk says itself what was seen of it.
      expect(wordsIn(rows)).toEqual(
        new Map([
          [2 * first.seq + 1, [hostToken('web')]],
          [2 * last, [hostToken('web')]],
        ]),
      );
    }
  });

  it('forgets what it knew where the next slice is another one', () => {
    const indexer = new BlockIndexer();
    indexer.rowsOf([intent(1)], []);
    indexer.rowsOf([], []);
    expect(indexer.unknownIn([])).toEqual(new Set());
    expect(indexer.unknownIn([outcome(2)])).toEqual(new Set());
    expect(indexer.unknownIn([outcome(3)])).toEqual(new Set(['o']));
  });

  it('goes on behind what somebody changed', () => {
    const broken = [
      '',
      'null',
      '[]',
      '{"kind":"outcome"}',
      '{"kind":"intent","alarms":7}',
      '{"severities":[x]',
    ];
    const kinds = ['intent', 'chunk', 'outcome', 'settlement', 'refusal'];
    const records = broken.flatMap((body) =>
      kinds.flatMap((kind) => ['o', null].map((id) => ({ seq: 0, kind, operation_id: id, body }))),
    );
    const placed = records.map((record, index) => ({ ...record, seq: index + 1 }));
    const rows = new BlockIndexer().rowsOf(
      [...placed, row(placed.length + 1, { kind: 'brake', caller: 'z' })],
      [],
    );
    expect(factsIn(rows, 0)).toEqual(
      expect.arrayContaining([...kinds, 'brake'].map((kind) => `kind=${kind}`)),
    );
    expect(factsIn(rows, 0)).toContain('caller=z');
    const torn = row(1, { kind: 'refusal', code: 'a\ud800', caller: 'c'.repeat(3_000) });
    expect(factsIn(new BlockIndexer().rowsOf([torn], []), 0)).toEqual(['kind=refusal', 'scope=[]']);
  });
});
