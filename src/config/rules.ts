import { DEFAULT_RIGHTS } from '../domain/caller.js';
import type { CallerConfig, DatabaseConfig, IssuerConfig } from './config.js';
import type { Problems } from './field.js';

/** The rules that concern more than one setting. Of a value that was refused they say nothing. */

const EMPTY = 'is the digest of an empty key: digest the key itself';
const PUBLISHED =
  'is the digest of a key that is published with the gateway, so that anyone could present it: make one with npm run caller:key';

/** By digest: keys that anyone could present. A slip of the shell digests nothing, or a lone line break. */
const KEYS_OF_ANYONE: ReadonlyMap<string, string> = new Map([
  ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', EMPTY],
  ['01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b', EMPTY],
  // The demo's, good for the simulator in the same process, and the one of an earlier example.
  ['8d048fcb22119d796dd0e35dbd170095b88e9f4c3b11ec4dbb6e086760e26ed4', PUBLISHED],
  ['fdf4944ba5e9540bac8580558951749d27c5a3c5965d1dcea05b42030483c885', PUBLISHED],
]);

/** What callers may refer to, by name. */
export interface Names {
  readonly projects: readonly string[];
  readonly issuers: readonly string[];
}

type Value = readonly [key: string, value: string];

function refuseRepeated(values: readonly Value[], problem: string, problems: Problems): void {
  const seen = new Set<string>();
  for (const [key, value] of values) {
    // Empty ones stand for what was refused.
    if (value !== '' && seen.has(value)) problems.addToAccepted(key, problem);
    seen.add(value);
  }
}

function valuesOf<T>(
  at: string,
  items: readonly T[] | undefined,
  value: (item: T) => string | undefined,
): Value[] {
  return (items ?? []).map((item, index) => [`${at}[${index}]`, value(item) ?? ''] as const);
}

const under = (values: readonly Value[], member: string): Value[] =>
  values.map(([key, value]) => [`${key}.${member}`, value] as const);

export function checkIssuers(issuers: readonly IssuerConfig[], problems: Problems): void {
  const names = under(
    valuesOf('issuers', issuers, ({ name }) => name),
    'name',
  );
  refuseRepeated(names, 'repeats the name of another issuer: rename one', problems);
  const claimed = under(
    valuesOf('issuers', issuers, ({ issuer }) => issuer),
    'issuer',
  );
  refuseRepeated(claimed, 'repeats another issuer: give all audiences in one place', problems);
}

export function checkCallers(callers: readonly CallerConfig[], names: Names, problems: Problems): void {
  const ids = under(
    valuesOf('callers', callers, ({ id }) => id),
    'id',
  );
  refuseRepeated(ids, 'repeats the id of another caller: rename one', problems);
  callers.forEach((caller, index) => checkCaller(`callers[${index}]`, caller, names, problems));
  const each = <T>(values: (at: string, caller: CallerConfig) => T[]): T[] =>
    callers.flatMap((caller, index) => values(`callers[${index}]`, caller));
  const digests = each((at, { keys }) =>
    under(
      valuesOf(`${at}.keys`, keys, ({ sha256 }) => sha256),
      'sha256',
    ),
  );
  for (const [key, digest] of digests) {
    const known = KEYS_OF_ANYONE.get(digest);
    if (known !== undefined) problems.addToAccepted(key, known);
  }
  // A key that two callers share would leave it open who is asking.
  refuseRepeated(digests, 'repeats another key: give every caller keys of its own', problems);
  const rules = each((at, { tokens }) => valuesOf(`${at}.tokens`, tokens, identityOf));
  refuseRepeated(rules, 'repeats another token rule: a token must be of one caller', problems);
}

/** The same for rules with the same claims in any order. */
function identityOf({ issuer, claims }: Required<CallerConfig>['tokens'][number]): string {
  const sorted = claims.map(({ name, value }) => JSON.stringify([name, value])).sort();
  return issuer === '' || sorted.length === 0 ? '' : [issuer, ...sorted].join(' ');
}

function checkCaller(
  at: string,
  caller: CallerConfig,
  { projects, issuers }: Names,
  problems: Problems,
): void {
  const { keys, tokens, signingKeys, grants, denials = [] } = caller;
  if (keys.length === 0 && !tokens && !signingKeys) {
    problems.addToAccepted(`${at}.keys`, 'is missing: must be a list of at least one key');
  }
  const keyIds = under(
    valuesOf(`${at}.keys`, keys, ({ id }) => id),
    'id',
  );
  refuseRepeated(keyIds, 'repeats the id of another key of this caller: rename one', problems);
  const signingIds = under(
    valuesOf(`${at}.signingKeys`, signingKeys, ({ id }) => id),
    'id',
  );
  refuseRepeated(signingIds, 'repeats the id of another signing key of this caller: rename one', problems);
  for (const [key, issuer] of under(
    valuesOf(`${at}.tokens`, tokens, ({ issuer }) => issuer),
    'issuer',
  )) {
    if (!issuers.includes(issuer)) problems.addToAccepted(key, 'must be the name of one of the issuers');
  }
  grants.forEach(({ rights = DEFAULT_RIGHTS, operations }, index) => {
    // Operation types mean nothing to a caller that may only look.
    if (operations.length > 0 || !rights.some((right) => right === 'act' || right === 'approve')) return;
    const key = `${at}.grants[${index}].operations`;
    problems.addToAccepted(key, 'is missing: must be a list of at least one operation type, or "*"');
  });
  denials.forEach((denial, index) => {
    if (Object.keys(denial).length > 0) return;
    const parts = 'rights, operations, projects, enterpriseProjects, eventTypes, severities';
    const problem = `must name at least one of ${parts}: what it leaves out, it denies all of`;
    problems.addToAccepted(`${at}.deny[${index}]`, problem);
  });
  const reach = [
    ...grants.map((grant, index) => [`${at}.grants[${index}].projects`, grant] as const),
    ...denials.map((denial, index) => [`${at}.deny[${index}].projects`, denial] as const),
  ];
  for (const [key, name] of reach.flatMap(([key, part]) => valuesOf(key, part.projects, (each) => each))) {
    if (name === '*' || projects.includes(name)) continue;
    problems.addToAccepted(key, 'must be "*" or the name of a configured project');
  }
}

/** A gateway that was only suspended must find its deadlines over when it wakes: others act in its place by then. */
export function checkDatabase(database: DatabaseConfig, deadlineMs: number, problems: Problems): void {
  if (database.kind === 'embedded' || database.goneAfterMs >= deadlineMs) return;
  const problem = `must not be shorter than the longest deadline (${deadlineMs})`;
  problems.addToAccepted('GATEWAY_REPLICA_GONE_MS', problem);
}
