import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { EVENT_CLASSES, EVENT_TYPES } from '../src/domain/event-catalog.js';
import { startRig, type Rig } from './support/gateway.js';
import { NEEDED_DETAILS } from './support/operation-requests.js';
import { faultsIn, problemOf, requestsUpstream } from './support/problems.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

interface Catalog {
  readonly items: readonly Record<string, unknown>[];
}
const catalog = async (name: string): Promise<Catalog> => {
  const answer = await rig.call('GET', `/v1/catalog/${name}`);
  expect(answer.status).toBe(200);
  return answer.body as Catalog;
};

it('the operation types tell what takes each back, what each needs, and which change something on a host', async () => {
  const { items } = await catalog('operation-types');
  expect(Object.fromEntries(items.map(({ name, requiredDetails }) => [name, requiredDetails]))).toEqual(
    NEEDED_DETAILS,
  );
  const inverses = new Map(items.map(({ name, inverse }) => [name, inverse]));
  for (const [name, inverse] of inverses) expect(inverses.get(inverse)).toBe(name);
  expect(items.filter(({ destructive }) => destructive).map(({ name }) => name)).toEqual([
    'isolate_and_kill',
  ]);
  expect(items.filter(({ takesBack }) => takesBack)).toHaveLength(5);
});

it('the event types and classes are all that the gateway knows', async () => {
  const types = await catalog('event-types');
  expect(types.items.map(({ code, title }) => [code, title])).toEqual([...EVENT_TYPES]);
  const classes = await catalog('event-classes');
  expect(classes.items.map(({ id, title }) => [id, title])).toEqual([...EVENT_CLASSES]);
});

it('no catalog asks upstream, or takes parameters', async () => {
  await catalog('event-types');
  expect(await requestsUpstream(rig)).toBe(0);
  expect(faultsIn(problemOf(await rig.call('GET', '/v1/catalog/event-types?limit=1')))).toEqual([
    '?limit unknown_field',
  ]);
});
