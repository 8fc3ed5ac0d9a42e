import fc from 'fast-check';

/** Values that fit some fields and not others: wrong types, wrong sizes, numbers that JSON can write and fields can't take. */
const garbage: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    [],
    {},
    [[]],
    [null],
    [{}],
    0,
    -1,
    -0,
    1.5,
    1e300,
    Infinity,
    NaN,
  ),
  fc.constantFrom<unknown>(
    2n ** 53n,
    2n ** 63n - 1n,
    2n ** 63n,
    -(2n ** 60n),
    2_147_483_648,
    '0',
    '1e3',
    '-1',
  ),
  fc.constantFrom<unknown>(
    'a\r\nb',
    '\0',
    'a\u0085',
    '\ud800',
    '\u2028',
    'x'.repeat(65),
    'x'.repeat(257),
    'x'.repeat(513),
  ),
  fc.constantFrom<unknown>('ignored', 'mark_as_unhandled', 'Equal', 'all_granted', 'ALL_GRANTED_EPS'),
  fc.constant(Array.from({ length: 101 }, () => ({}))),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Names that are no field: made up, a letter off, of another place in the request, or of an object's inner life. */
const extraName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__defineGetter__',
    'then',
  ),
  fc.constantFrom(
    'eventid',
    'event_id',
    'alarm',
    'detail',
    'agentID',
    'remarks',
    'whitelistRules',
    'scope',
    'agentIds',
    '',
  ),
  fc.string({ maxLength: 8 }),
);

/** One change to one place of a value. */
interface Mutation {
  /** Picks the place; taken modulo the number of places. */
  readonly at: number;
  readonly kind: 'remove' | 'replace' | 'wrap' | 'add' | 'repeat';
  readonly name: string;
  readonly value: unknown;
}

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(10_000),
    kind: fc.constantFrom('remove', 'replace', 'wrap', 'add', 'repeat'),
    name: extraName,
    value: garbage,
  }),
  { minLength: 1, maxLength: 3 },
);

type Container = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Every container in a value, and what holds it. */
function containersOf(value: unknown): Container[] {
  return isContainer(value) ? [value, ...Object.values(value).flatMap(containersOf)] : [];
}

/** Sets a member to a copy, as a JSON parser does: `__proto__` is a name like any other. */
function put(container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, {
    value: structuredClone(value),
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function mutate(root: { body: unknown }, { at, kind, name, value }: Mutation): void {
  const places = containersOf(root).flatMap((container) =>
    Object.keys(container).map((key) => [container, key] as const),
  );
  const [container, key] = places[at % places.length] ?? [root, 'body'];
  const current = (container as Record<string, unknown>)[key];
  if (kind === 'replace') put(container, key, value);
  else if (kind === 'wrap') put(container, key, [current]);
  else if (kind === 'repeat' && Array.isArray(container)) container.push(structuredClone(current));
  else if (kind === 'add' && isContainer(current) && !Array.isArray(current)) put(current, name, value);
  else if (kind === 'remove' && Array.isArray(container)) container.splice(Number(key), 1);
  else if (kind === 'remove' && container !== root) delete (container as Record<string, unknown>)[key];
}

/** A copy of a value with the changes made one after the other. */
export function mutated(value: unknown, changes: readonly Mutation[]): unknown {
  const root = { body: structuredClone(value) };
  for (const change of changes) mutate(root, change);
  return root.body;
}
