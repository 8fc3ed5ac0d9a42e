import { describe, expect, it } from '@jest/globals';

import {
  agentToken,
  factOf,
  hostToken,
  findables,
  namedIn,
  scopeFact,
  scopeIn,
  type IndexedRecord,
} from './record-facts.js';
import { alarmToken } from './schema.js';

const SCOPE = { project: 'prod', enterpriseProjectId: '0' };
const row = (
  seq: number,
  record: { readonly kind: string; readonly [member: string]: unknown },
): IndexedRecord => ({
  ...{ seq, kind: record.kind, operation_id: (record['operationId'] as string | undefined) ?? null },
  body: JSON.stringify(record),
});
const intentOf = (more: object) =>
  row(1, {
    kind: 'intent',
    operationId: 'o',
    caller: 'bot',
    operation: 'ignore',
    scope: SCOPE,
    alarms: [],
    ...more,
  });
const names = (count: number) => Array.from({ length: count }, (_, index) => `name-${index}`);

/** What finds the records of one operation, by their places in the trail. */
function found(...records: IndexedRecord[]) {
  const rows = findables(records, () => records);
  return new Map(
    rows.map(({ seq, facts, tokens }) => [seq, { facts: new Set(facts), tokens: new Set(tokens) }]),
  );
}

describe('what a record is found by', () => {
  it('is what it says, and what its operation is', () => {
    const intent = intentOf({ onBehalfOf: 'jane', severities: ['High', null] });
    const chunks = [
      { alarms: 2, outcome: 'rejected', fault: { code: 'HSS.1007' }, already: ['a'] },
      { alarms: 1, outcome: 'already' },
    ];
    const outcome = row(2, { kind: 'outcome', operationId: 'o', status: 'partially_applied', chunks });
    const common = [
      ...['caller=bot', 'onBehalfOf=jane', 'operation=ignore', 'severity=High', scopeFact(SCOPE)],
    ];
    expect(found(intent, outcome)).toEqual(
      new Map([
        [1, { facts: new Set([...common, 'kind=intent']), tokens: new Set() }],
        [
          2,
          {
            facts: new Set([
              ...[...common, 'kind=outcome', 'code=HSS.1007'],
              ...['partially_applied', 'rejected', 'already'].map((value) => factOf('outcome', value)),
            ]),
            tokens: new Set(),
          },
        ],
      ]),
    );
  });

  it('is who released a brake too, and every code that a summary counts', () => {
    const brake = row(1, { kind: 'brake', caller: 'bot', by: 'portal', onBehalfOf: 'jane', engaged: false });
    const summary = row(2, { kind: 'refusal_summary', counts: { a: 1, b: 2 } });
    const rows = found(brake, summary);
    expect(rows.get(1)?.facts).toEqual(
      new Set(['kind=brake', 'caller=bot', 'caller=portal', 'onBehalfOf=jane', scopeFact()]),
    );
    expect(rows.get(2)?.facts).toEqual(new Set(['kind=refusal_summary', 'code=a', 'code=b', scopeFact()]));
  });

  it('is the person, and no caller, who acknowledged that the trail is broken', () => {
    const record = row(1, { kind: 'acknowledgement', by: 'portal', reason: 'known' });
    expect(found(record).get(1)?.facts).toEqual(
      new Set(['kind=acknowledgement', 'onBehalfOf=portal', scopeFact()]),
    );
  });

  it('takes a status for an outcome only where it is one', () => {
    const refusal = row(1, { kind: 'refusal', code: 'not_granted', status: 403 });
    expect(found(refusal).get(1)?.facts).toEqual(new Set(['kind=refusal', 'code=not_granted', scopeFact()]));
  });

  it('is its kind alone where somebody changed it, and no more of it than an index takes', () => {
    const garbage: IndexedRecord[] = [
      '',
      '{',
      '[]',
      'null',
      '{"kind":"outcome"}',
      '{"kind":"chunk","chunk":7}',
    ].map((body, index) => ({
      ...{ seq: index + 1, kind: 'outcome', operation_id: 'o', body },
    }));
    const long = row(9, { kind: 'refusal', caller: 'c'.repeat(3_000), code: 'a\0b', onBehalfOf: 'jane' });
    const torn = row(10, { kind: 'refusal', code: 'a\ud800' });
    const rows = findables([...garbage, long, torn], () => [intentOf({})]);
    expect(rows.map(({ seq }) => seq)).toEqual([...garbage, long, torn].map(({ seq }) => seq));
    expect(rows[0]).toEqual({ seq: 1, facts: ['kind=outcome'], tokens: [] });
    expect(new Set(rows.at(-2)?.facts)).toEqual(new Set(['kind=refusal', 'onBehalfOf=jane', scopeFact()]));
    expect(new Set(rows.at(-1)?.facts)).toEqual(new Set(['kind=refusal', scopeFact()]));
  });

  it('is no scope where the intent is gone', () => {
    const later = row(9, {
      kind: 'settlement',
      operationId: 'o',
      status: 'applied',
      alarms: [{ eventId: 'a', outcome: 'applied' }],
    });
    const rows = found(later);
    expect(rows.get(9)?.facts).toEqual(new Set(['kind=settlement', 'outcome=applied']));
    expect(rows.get(9)?.tokens).toEqual(new Set());
  });
});

describe('the words of a record', () => {
  const details = (event_id: string, agent_id: string) => ({
    event_id,
    operate_detail_list: [{ agent_id, file_path: '/x' }],
  });
  const host = { id: 'H-1', name: 'Web', privateIp: '10.0.0.1', publicIp: '198.51.100.1' };
  const hostWords = ['h-1', 'WEB', '10.0.0.1', '198.51.100.1'].map(hostToken);

  it('are the hosts and agents that stand in its requests and that were seen', () => {
    const intent = intentOf({
      alarms: ['a', 'b'],
      seen: [null, { name: 'x', severity: 'Low', host, agentId: 'agent-2' }],
      requests: [{ operate_event_list: [details('a', 'agent-1'), { event_id: 'b' }] }],
    });
    const settlement = row(2, {
      kind: 'settlement',
      operationId: 'o',
      status: 'applied',
      alarms: [{ eventId: 'b', outcome: 'applied' }],
    });
    const rows = found(intent, settlement);
    const ofOne = [agentToken('agent-1')];
    const ofOther = [agentToken('agent-2'), ...hostWords];
    expect(rows.get(1)?.tokens).toEqual(new Set([...ofOne, ...ofOther]));
    expect(rows.get(2)?.tokens).toEqual(new Set(ofOther));
    expect(rows.get(1)?.facts).toContain('severity=Low');
  });

  it('are of an intent also what its outcome has seen', () => {
    const intent = intentOf({ alarms: ['a'] });
    const seen = [{ eventId: 'a', severity: 'Low', host }];
    const outcome = row(2, {
      kind: 'outcome',
      operationId: 'o',
      status: 'applied',
      chunks: [{ alarms: 1, outcome: 'applied', seen }],
    });
    for (const each of findables([intent, outcome], () => [intent, outcome])) {
      expect(new Set(each.tokens)).toEqual(new Set(hostWords));
      expect(each.facts).toContain('severity=Low');
    }
  });

  it('are of a part of an operation those of that part', () => {
    const ids = Array.from({ length: 150 }, (_, index) => `i-${index}`);
    const lines = names(150).map((host_name) => ({ host_name }));
    const intent = intentOf({
      items: ids.map((id, index) => ({ id, target: { hostId: `host-${index}`, fileHash: 'h' } })),
      requests: [{ data_list: lines.slice(0, 100) }, { data_list: lines.slice(100) }],
    });
    const chunk = row(2, {
      kind: 'chunk',
      operationId: 'o',
      index: 1,
      chunk: { alarms: 50, outcome: 'applied' },
    });
    const expected = ids.flatMap((_, index) => [hostToken(`host-${index}`), hostToken(`name-${index}`)]);
    const rows = found(intent, chunk);
    expect(rows.get(1)?.tokens).toEqual(new Set(expected));
    expect(rows.get(2)?.tokens).toEqual(new Set(expected.slice(200)));
  });

  it('stand in its text, chunk by chunk, whatever else does', () => {
    const seen = names(150).map((name) => ({
      severity: 'Low',
      host: { name: `${name} "}{`, privateIp: '10.0.0.1' },
      agentId: `\\${name}`,
    }));
    const requests = [0, 1].map((chunk) => ({
      operate_event_list: [
        details('both', 'both'),
        ...names(chunk === 0 ? 100 : 50).map((name) => details('e', `${name}-${chunk}`)),
      ],
    }));
    const intent = intentOf({ alarms: names(150), severities: ['High', null], seen });
    const body = `${intent.body.slice(0, -1)},"requests":${JSON.stringify(requests)}}`;
    const { chunks, severities } = namedIn(body);
    expect(severities).toEqual(new Set(['Low', 'High']));
    expect(chunks).toHaveLength(2);
    const wordsOf = (from: number, chunk: number, count: number) =>
      names(150)
        .slice(from, from + count)
        .flatMap((name, index) => [
          ...[hostToken(`${name} "}{`), hostToken('10.0.0.1'), agentToken(`\\${name}`)],
          agentToken(`name-${index}-${chunk}`),
          agentToken('both'),
        ]);
    const [first, second] = chunks.map((words) => new Set(words.split(' ')));
    for (const word of wordsOf(0, 0, 100)) expect(first).toContain(word);
    expect(second).toEqual(new Set(wordsOf(100, 1, 50)));
    // What the record is found by is among them.
    const [found] = findables([{ ...intent, body }], () => [{ ...intent, body }]);
    const known = new Set([...first!, ...second!]);
    expect(found?.tokens.filter((word) => !known.has(word))).toEqual([]);
  });

  it('are never the same for what is of different sorts, and no longer than an index takes', () => {
    const all = ['a-1', 'A-1', 'pa-1'].flatMap((text) => [
      alarmToken(text),
      hostToken(text),
      agentToken(text),
    ]);
    // A host's name is the same in either case.
    expect(new Set(all).size).toBe(all.length - 1);
    expect(hostToken('Ü'.repeat(10_000)).length).toBeLessThan(2_000);
  });
});

describe('the scope of a record', () => {
  it('comes back from its fact as it was', () => {
    for (const scope of [SCOPE, { project: '"],[', enterpriseProjectId: 'all_granted_eps' }, undefined])
      expect(scopeIn(scopeFact(scope))).toEqual(scope);
  });
});
