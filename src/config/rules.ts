import { DEFAULT_RIGHTS } from '../domain/caller.js';
import { isLoopback } from './formats.js';
import type { CallerConfig, Config, DatabaseConfig, IssuerConfig, TokenRuleConfig } from './config.js';
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

/** A value, and where it is written. */
type Value = readonly [key: string, value: string];

function refuseRepeated(values: readonly Value[], problem: string, problems: Problems): void {
  const seen = new Set<string>();
  for (const [key, value] of values) {
    // Empty ones stand for what was refused.
    if (value !== '' && seen.has(value)) problems.addToAccepted(key, problem);
    seen.add(value);
  }
}

/** One member of every item of a list. */
function valuesOf<M extends string>(
  at: string,
  items: readonly { readonly [Name in M]?: string }[] | undefined,
  member: M,
): Value[] {
  return (items ?? []).map((item, index) => [`${at}[${index}].${member}`, item[member] ?? '']);
}

export function checkIssuers(issuers: readonly IssuerConfig[], problems: Problems): void {
  const repeated = (member: 'name' | 'issuer', problem: string): void =>
    refuseRepeated(valuesOf('issuers', issuers, member), problem, problems);
  repeated('name', 'repeats the name of another issuer: rename one');
  repeated('issuer', 'repeats another issuer: give all audiences in one place');
}

export function checkCallers(callers: readonly CallerConfig[], names: Names, problems: Problems): void {
  refuseRepeated(
    valuesOf('callers', callers, 'id'),
    'repeats the id of another caller: rename one',
    problems,
  );
  callers.forEach((caller, index) => checkCaller(`callers[${index}]`, caller, names, problems));
  const digests = callers.flatMap(({ keys }, index) => valuesOf(`callers[${index}].keys`, keys, 'sha256'));
  for (const [key, digest] of digests) {
    const known = KEYS_OF_ANYONE.get(digest);
    if (known !== undefined) problems.addToAccepted(key, known);
  }
  // A key that two callers share would leave it open who is asking.
  refuseRepeated(digests, 'repeats another key: give every caller keys of its own', problems);
  const rules = callers.flatMap(({ tokens = [] }, index) =>
    tokens.map((rule, at): Value => [`callers[${index}].tokens[${at}]`, identityOf(rule)]),
  );
  refuseRepeated(rules, 'repeats another token rule: a token must be of one caller', problems);
}

/** The same for rules with the same claims in any order. */
function identityOf({ issuer, claims }: TokenRuleConfig): string {
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
  const refuse = (key: string, problem: string): void => problems.addToAccepted(`${at}.${key}`, problem);
  if (keys.length === 0 && !tokens && !signingKeys) {
    refuse('keys', 'is missing: must be a list of at least one key');
  }
  const repeats = (what: string): string => `repeats the id of another ${what} of this caller: rename one`;
  refuseRepeated(valuesOf(`${at}.keys`, keys, 'id'), repeats('key'), problems);
  refuseRepeated(valuesOf(`${at}.signingKeys`, signingKeys, 'id'), repeats('signing key'), problems);
  tokens?.forEach(({ issuer }, index) => {
    if (!issuers.includes(issuer))
      refuse(`tokens[${index}].issuer`, 'must be the name of one of the issuers');
  });
  grants.forEach(({ rights = DEFAULT_RIGHTS, operations }, index) => {
    // Operation types mean nothing to a caller that may only look.
    if (operations.length > 0 || !rights.some((right) => right === 'act' || right === 'approve')) return;
    const problem = 'is missing: must be a list of at least one operation type, or "*"';
    refuse(`grants[${index}].operations`, problem);
  });
  denials.forEach((denial, index) => {
    if (Object.keys(denial).length > 0) return;
    const parts = 'rights, operations, projects, enterpriseProjects, eventTypes, severities';
    refuse(`deny[${index}]`, `must name at least one of ${parts}: what it leaves out, it denies all of`);
  });
  for (const [list, reach] of [['grants', grants] as const, ['deny', denials] as const])
    reach.forEach((part, index) =>
      part.projects?.forEach((name, place) => {
        if (name === '*' || projects.includes(name)) return;
        refuse(`${list}[${index}].projects[${place}]`, 'must be "*" or the name of a configured project');
      }),
    );
}

/** A gateway that was only suspended must find its deadlines over when it wakes: others act in its place by then. */
export function checkDatabase(database: DatabaseConfig, deadlineMs: number, problems: Problems): void {
  if (database.kind === 'embedded' || database.goneAfterMs >= deadlineMs) return;
  const problem = `must not be shorter than the longest deadline (${deadlineMs})`;
  problems.addToAccepted('GATEWAY_REPLICA_GONE_MS', problem);
}

/** Gateways that share a trail share its key, and there is no file beside a database server. */
export function checkAuditKey(
  { database, auditKey }: Pick<Config, 'database' | 'auditKey'>,
  problems: Problems,
): void {
  // One that was refused is empty.
  if (database.kind === 'embedded' || database.url === '' || auditKey.current !== undefined) return;
  problems.addToAccepted(
    'GATEWAY_AUDIT_KEY',
    'is missing, and the database is PostgreSQL: make a key with hss-gateway audit key, keep it, and set GATEWAY_AUDIT_KEY_FILE',
  );
}

/** Of sinks and witnesses: names of their own each, files of their own all together, and https. */
export function checkFollowers(
  { sinks = [], witnesses = [] }: Config['audit'],
  { allowInsecure }: { readonly allowInsecure: boolean },
  problems: Problems,
): void {
  refuseRepeated(
    valuesOf('audit.sinks', sinks, 'name'),
    'repeats the name of another sink: rename one',
    problems,
  );
  refuseRepeated(
    valuesOf('audit.witnesses', witnesses, 'name'),
    'repeats the name of another witness: rename one',
    problems,
  );
  const followers = [
    ...sinks.map((sink, index) => ({ ...sink, place: `audit.sinks[${index}]` })),
    ...witnesses.map((witness, index) => ({ ...witness, place: `audit.witnesses[${index}]` })),
  ];
  const paths = followers.map((each): Value => [`${each.place}.path`, each.kind === 'file' ? each.path : '']);
  refuseRepeated(paths, 'repeats the file of another sink or witness: give each a file of its own', problems);
  for (const each of followers) {
    // What is nothing known was refused already, and is only a part of one.
    const url = each.kind === 'webhook' || each.kind === 'http' ? each.url : '';
    if (allowInsecure || !url.startsWith('http:') || isLoopback(new URL(url).hostname)) continue;
    const remedy = 'for a receiver of tests on another host set GATEWAY_ALLOW_INSECURE_ENDPOINTS=1';
    problems.addToAccepted(`${each.place}.url`, `must begin with https; ${remedy}`);
  }
}
