import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { QueryPipe } from '../../http/request-pipes.js';
import { windowViolations } from '../../lists/filter-fields.js';
import { Problem } from '../../problems/problem.js';
import { cursorAfter } from './receipt-page.js';
import { OperationQueryDto } from './receipt-query.dto.js';
import { readQuery } from './receipt-query.js';

const NOW = Date.parse('2026-08-17T12:00:00Z');

/** A query as the HTTP server hands it over: no prototype, every value a string or a list of them. */
const given = (values: Record<string, unknown>): unknown =>
  Object.assign(Object.create(null) as object, values);

const pipe = new QueryPipe(OperationQueryDto, windowViolations);
/** The same, once it was found valid. */
const query = (values: Record<string, unknown>) => pipe.transform(given(values));

function violationsOf(values: Record<string, unknown>): [string | undefined, string][] {
  try {
    query(values);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return (error.extras.violations ?? []).map(({ parameter, rule }) => [parameter, rule]);
  }
}

describe('a query for receipts', () => {
  it('that asks for nothing lists fifty', () => {
    expect(readQuery(query({}), NOW)).toEqual({ filter: {}, view: 'summary', limit: 50 });
  });

  it('is read into what the store looks for', () => {
    const values = {
      alarm: 'event-1',
      status: 'applied,rejected',
      from: '2026-08-16T00:00:00Z',
      to: '2026-08-17T00:00:00.500Z',
      limit: '500',
      cursor: cursorAfter('0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'),
    };
    expect(readQuery(query(values), NOW)).toEqual({
      filter: {
        eventId: 'event-1',
        statuses: new Set(['applied', 'rejected']),
        from: Date.parse('2026-08-16T00:00:00Z'),
        // Both are included, and the store counts without the end.
        to: Date.parse('2026-08-17T00:00:00.501Z'),
        before: '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d',
      },
      view: 'summary',
      limit: 500,
    });
  });

  it('is read into which kinds of operations fit', () => {
    const asked = { operation: ['isolate_and_kill', 'ignore'], project: 'prod' };
    const kind = { caller: 'c', operation: 'ignore', project: 'prod', enterpriseProjectId: '0' };
    const fits = (more: object, values: object = asked) =>
      readQuery(query({ ...values }), NOW).filter.fits?.({ ...kind, ...more });
    expect(fits({})).toBe(true);
    expect(fits({ operation: 'unhandle' })).toBe(false);
    expect(fits({ project: 'staging' })).toBe(false);
    expect(fits({}, { enterpriseProjectId: 'all_granted_eps' })).toBe(false);
  });

  it('counts so far back from now', () => {
    expect(readQuery(query({ last: '24h' }), NOW).filter).toEqual({ from: NOW - 86_400_000, to: NOW + 1 });
  });

  it.each<[string, unknown, string]>([
    ['operation', 'isolate', 'words'],
    ['operation', 'ignore,', 'words'],
    ['status', 'Applied', 'words'],
    ['view', 'short', 'one_of'],
    ['last', '1 day', 'duration'],
    ['project', '', 'text'],
    ['alarm', 'a\nb', 'text'],
    ['alarm', 'x'.repeat(65), 'text'],
    ['from', '1672046760', 'time'],
    ['from', '2026-02-30T00:00:00Z', 'time'],
    ['to', 'yesterday', 'time'],
    ['limit', '0', 'integer'],
    ['limit', '501', 'integer'],
    ['limit', '1e2', 'integer'],
    ['limit', '-1', 'integer'],
    ['limit', ['1', '2'], 'integer'],
    ['cursor', 'AAAA', 'cursor'],
    ['cursor', '', 'cursor'],
    ['caller', '', 'text'],
    ['user', 'somebody-else', 'unknown_field'],
    ['limt', '1', 'unknown_field'],
    ['__proto__', 'x', 'unknown_field'],
    ['a/b~c', 'x', 'unknown_field'],
    ['x'.repeat(64), 'x', 'unknown_field'],
  ])('that says %s=%j is refused by that name', (name, value, rule) => {
    expect(violationsOf({ [name]: value })).toEqual([[name, rule]]);
  });

  it.each([
    [{ from: '2026-08-17T00:00:00Z', to: '2026-08-16T00:00:00Z' }, ['from', 'order']],
    [{ last: '24h', from: '2026-08-16T00:00:00Z' }, ['last', 'excludes']],
  ])('that says %j contradicts itself', (values, violation) => {
    expect(violationsOf(values)).toEqual([violation]);
  });

  it('that says something by an endless name is refused by its beginning', () => {
    expect(violationsOf({ ['n'.repeat(300)]: '1', limit: '0' })).toEqual([
      ['n'.repeat(64), 'unknown_field'],
      ['limit', 'integer'],
    ]);
  });

  it('with several faults is refused with all of them', () => {
    const found = violationsOf({ operation: 'x', limit: '0', from: 'x', nothing: '1' });
    expect(found.map(([name]) => name).sort()).toEqual(['from', 'limit', 'nothing', 'operation']);
  });
});

describe('a cursor', () => {
  it('leads back to the operation that it was made of', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(readQuery(query({ cursor: cursorAfter(id) }), NOW).filter.before).toBe(id);
      }),
    );
  });

  it('that nobody handed out is refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uuid()), (text) => {
        const made = Buffer.from(text, 'base64url');
        fc.pre(made.length !== 16 || made.toString('base64url') !== text);
        expect(violationsOf({ cursor: text })).toEqual([['cursor', 'cursor']]);
      }),
    );
  });
});
