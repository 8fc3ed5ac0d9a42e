import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Problem } from '../../http/problem.js';
import { cursorAfter } from './cursor.js';
import { readQuery } from './operation-query.js';

/** A query as the HTTP server hands it over: no prototype, every value a string or a list of them. */
const query = (values: Record<string, unknown>): unknown =>
  Object.assign(Object.create(null) as object, values);

function violationsOf(values: Record<string, unknown>): [string | undefined, string][] {
  try {
    readQuery(query(values));
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return (error.extras.violations ?? []).map(({ parameter, rule }) => [parameter, rule]);
  }
}

describe('a query for receipts', () => {
  it('that asks for nothing lists fifty', () => {
    expect(readQuery(query({}))).toEqual({ filter: {}, limit: 50 });
  });

  it('is read into what the store looks for', () => {
    const values = {
      operation: 'isolate_and_kill',
      status: 'unknown',
      project: 'prod',
      alarm: 'event-1',
      from: '2026-08-16T00:00:00Z',
      to: '2026-08-17T00:00:00.500Z',
      limit: '500',
      cursor: cursorAfter('0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'),
    };
    expect(readQuery(query(values))).toEqual({
      filter: {
        operation: 'isolate_and_kill',
        status: 'unknown',
        project: 'prod',
        eventId: 'event-1',
        from: Date.parse('2026-08-16T00:00:00Z'),
        to: Date.parse('2026-08-17T00:00:00.500Z'),
        before: '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d',
      },
      limit: 500,
    });
  });

  it.each<[string, unknown, string]>([
    ['operation', 'isolate', 'one_of'],
    ['operation', ['ignore', 'ignore'], 'one_of'],
    ['status', 'Applied', 'one_of'],
    ['project', '', 'text'],
    ['alarm', 'a\nb', 'text'],
    ['alarm', 'x'.repeat(65), 'text'],
    ['from', '1672046760353', 'time'],
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
  ])('that says %s=%j is refused by that name', (name, value, rule) => {
    expect(violationsOf({ [name]: value })).toEqual([[name, rule]]);
  });

  it('with several faults is told all of them', () => {
    const found = violationsOf({ operation: 'x', limit: '0', from: 'x', nothing: '1' });
    expect(found.map(([name]) => name).sort()).toEqual(['from', 'limit', 'nothing', 'operation']);
  });
});

describe('a cursor', () => {
  it('leads back to the operation that it was made of', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(readQuery(query({ cursor: cursorAfter(id) })).filter.before).toBe(id);
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
