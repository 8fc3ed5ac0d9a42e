import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { AlarmPageDto } from '../src/alarms/alarm.dto.js';
import type { PlanDto } from '../src/operations/plans/plan.dto.js';
import { portal, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { committedDocument, type Json } from './support/gateway-contract.js';
import { problemOf, requestsUpstream } from './support/problems.js';

/** Whatever can be narrowed, by the document: the routes that list, and the selector of a plan. */

interface Schema extends Json {
  readonly enum?: readonly string[];
  readonly items?: Schema;
}

interface Filter {
  readonly name: string;
  readonly schema: Schema;
}

interface Place {
  readonly name: string;
  readonly filters: readonly Filter[];
  /** Narrows by filters as they would stand there, a list as one word or several. */
  narrow(filters: Readonly<Record<string, unknown>>): Promise<JsonAnswer>;
}

const { document } = committedDocument();
const paths = document['paths'] as Record<string, { get?: { parameters?: readonly Json[] } }>;
const { schemas, parameters: shared } = document['components'] as {
  schemas: Record<string, Json>;
  parameters: Record<string, Json>;
};

/** A parameter that stands in several routes is written once, and referred to. */
const resolved = (parameter: Json): Json => {
  const name = /^#\/components\/parameters\/(.*)$/.exec(String(parameter['$ref']))?.[1];
  return name === undefined ? parameter : (shared[name] ?? parameter);
};

let rig: Rig;
beforeAll(async () => {
  const grants = portal.grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'audit'] as const }));
  rig = await startRig({ callers: [{ ...portal, grants }] });
});
afterAll(() => rig.close());

const OPERATION = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';

const lists: Place[] = Object.entries(paths).flatMap(([path, { get }]) => {
  const parameters = (get?.parameters ?? []).map(resolved).filter((each) => each['in'] === 'query');
  if (!parameters.some((each) => each['name'] === 'limit')) return [];
  const target = path.replace('{id}', OPERATION);
  return {
    name: `GET ${path}`,
    filters: parameters.map(({ name, schema }) => ({ name: String(name), schema: schema as Schema })),
    narrow: (filters) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(filters)) query.append(name, String(value));
      return rig.call('GET', `${target}?${query.toString()}`);
    },
  };
});

const selector: Place = {
  name: 'the selector of a plan',
  filters: Object.entries(schemas['PlanSelector']?.['properties'] as Record<string, Schema>).map(
    ([name, schema]) => ({ name, schema }),
  ),
  narrow: (filters) => rig.call('POST', '/v1/plans', { operation: 'ignore', selector: filters }),
};

const places = [...lists, selector];
const placesWith = (name: string) =>
  places.filter(({ filters }) => filters.some((each) => each.name === name));
const filterOf = ({ filters }: Place, name: string) => filters.find((each) => each.name === name)!;
const wordsOf = ({ schema }: Filter): readonly string[] | undefined => schema.items?.enum ?? schema.enum;
/** As one word of the filter stands there. */
const asWord = (place: Place, { schema }: Filter, word: string): unknown =>
  schema.items && place === selector ? [word] : word;

/** What a place says is wrong, by the name of the filter. */
async function faults(
  place: Place,
  filters: Readonly<Record<string, unknown>>,
): Promise<[string, string, string][]> {
  const answer = await place.narrow(filters);
  expect([place.name, answer.status, answer.text]).toEqual([place.name, 400, answer.text]);
  return (problemOf(answer).violations ?? []).map(({ parameter, pointer = '', rule, message }) => [
    parameter ?? pointer.replace('/selector/', ''),
    rule,
    message,
  ]);
}

const cells = places.flatMap((place) =>
  place.filters
    .filter((filter) => wordsOf(filter))
    .map((filter) => [place.name, filter.name, place, filter] as const),
);

describe('a word of a filter that is spelled almost right', () => {
  it('is looked for wherever words are counted', () => {
    expect(lists.length).toBeGreaterThanOrEqual(10);
    expect(cells.length).toBeGreaterThan(20);
  });

  it.each(cells)('is told what was meant: %s %s', async (_, name, place, filter) => {
    const before = await requestsUpstream(rig);
    for (const word of wordsOf(filter)!) {
      const misspelt = word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase();
      const found = await faults(place, { [name]: asWord(place, filter, misspelt) });
      expect(found).toMatchObject([
        [name, expect.any(String), expect.stringContaining(`did you mean ${word}?`)],
      ]);
    }
    expect(await requestsUpstream(rig)).toBe(before);
  });
});

describe('a window of time', () => {
  it.each(placesWith('from').map((place) => [place.name, place] as const))(
    'that ends before it begins, or is named twice, is refused: %s',
    async (_, place) => {
      const window = { from: '2026-08-17T00:00:00Z', to: '2026-08-16T23:59:59.999Z' };
      expect(await faults(place, window)).toMatchObject([
        ['from', 'order', 'from must not be later than to'],
      ]);
      const { from } = window;
      expect(await faults(place, { from, last: '24h' })).toMatchObject([
        ['last', 'excludes', expect.any(String)],
      ]);
    },
  );

  it.each(placesWith('from').map((place) => [place.name, place] as const))(
    'may be named in every form of a time, and in no other: %s',
    async (_, place) => {
      const times = ['2026-08-16T00:00:00Z', '2026-08-16t02:00:00.000+02:00', '1786838400000'];
      for (const time of times) {
        const answer = await place.narrow({ from: time, to: time });
        expect([answer.status, answer.text]).toEqual([place === selector ? 201 : 200, answer.text]);
      }
      expect((await place.narrow({ last: '24h' })).status).toBeLessThan(300);
      for (const time of ['1786838400', '2026-08-16', 'yesterday', '']) {
        expect(await faults(place, { from: time })).toMatchObject([['from', 'time', expect.any(String)]]);
      }
    },
  );

  it('may be named by a number in a body', async () => {
    expect((await selector.narrow({ from: 1786838400000, to: 1786838400000 })).status).toBe(201);
    expect(await faults(selector, { from: 1786838400 })).toMatchObject([
      ['from', 'time', expect.any(String)],
    ]);
  });
});

describe('filters of one name', () => {
  const COMMON = ['project', 'enterpriseProjectId', 'limit', 'from', 'to', 'hostId', 'hostName', 'attackTag'];

  it.each(COMMON)('have one form everywhere: %s', (name) => {
    const forms = placesWith(name)
      .filter((place) => place !== selector)
      .map((place) => {
        const { examples: _, ...form } = filterOf(place, name).schema;
        return form;
      });
    expect(new Set(forms.map((form) => JSON.stringify(form))).size).toBe(1);
  });

  it('are the same in the listing of alarms and in the selector of a plan', () => {
    const PAGE = ['project', 'enterpriseProjectId', 'limit', 'cursor'];
    const listing = lists.find(({ name }) => name === 'GET /v1/alarms');
    const names = (place: Place | undefined) => place?.filters.map(({ name }) => name) ?? [];
    expect(
      names(listing)
        .filter((name) => !PAGE.includes(name))
        .sort(),
    ).toEqual(names(selector).sort());
  });

  it.each([
    ['the selector of a plan', 'severities', 'severity'],
    ['the selector of a plan', 'eventTypes', 'eventType'],
    ['the selector of a plan', 'eventClassIds', 'eventClassId'],
    ['GET /v1/blocked-addresses', 'lastDays', 'last'],
    ['GET /v1/expirations', 'state', 'status'],
  ])('are told to those who use an earlier one: %s %s', async (where, former, name) => {
    const place = places.find((each) => each.name === where)!;
    expect(await faults(place, { [former]: 'x' })).toMatchObject([
      [former, 'unknown_field', `"${former}" is not a field here; did you mean ${name}?`],
    ]);
  });
});

describe('a selector', () => {
  it('means the alarms that the listing finds by the same filters', async () => {
    const now = Date.now();
    const add = async (eventType: number, occurTime: number) => {
      const kind = { eventClassId: 'malware_1001', eventType, enterpriseProjects: ['0'] };
      const alarms = {
        ...kind,
        count: 1,
        startTime: occurTime,
        stepMs: 1,
        name: `at-${occurTime}-${eventType}`,
      };
      const { body } = await rig.control('POST', '/alarms', alarms);
      return (body as { eventIds: string[] }).eventIds[0];
    };
    const wanted = await add(1001, now - 60_000);
    await add(1002, now - 60_000);
    await add(1001, now - 48 * 3_600_000);
    const filters = { status: 'unhandled', last: '24h', eventClassId: 'malware_1001' };
    const query = new URLSearchParams({ ...filters, eventType: '1001' }).toString();
    const listed = (await rig.call('GET', `/v1/alarms?${query}`)).body as AlarmPageDto;
    const selected = { ...filters, eventClassId: ['malware_1001'], eventType: [1001] };
    const planned = (await selector.narrow(selected)).body as PlanDto;
    expect(listed.items.map(({ eventId }) => eventId)).toEqual([wanted]);
    expect(planned.alarms.map(({ eventId }) => eventId)).toEqual([wanted]);
  });
});
