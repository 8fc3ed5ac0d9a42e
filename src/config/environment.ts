import { readFileSync } from 'node:fs';

import { nearest } from '../domain/nearest.js';
import { SETTINGS } from './schema.js';
import type { Problems } from './field.js';
import { nodesIn } from './schema-language.js';

/** Where a configuration comes from. */
export interface ConfigSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
}

/** The process's own environment and files. */
export function readEnvironment(): ConfigSource {
  return { environment: { ...process.env }, readFile: (path) => readFileSync(path, 'utf8') };
}

const variablesOf = (areSecret: boolean): string[] =>
  nodesIn(SETTINGS).flatMap(({ kind, env }) =>
    env !== undefined && (kind === 'secret') === areSecret ? [env] : [],
  );

/** Each may also be given as a file, under its name with `_FILE` at the end. */
export const SECRET_VARIABLES: readonly string[] = variablesOf(true);

/** Every other variable that the gateway reads. */
export const PLAIN_VARIABLES: readonly string[] = variablesOf(false);

const KNOWN_VARIABLES: readonly string[] = [
  ...PLAIN_VARIABLES,
  ...SECRET_VARIABLES.flatMap((name) => [name, `${name}_FILE`]),
];

/** Notes names that were meant for this program, and that it does not know. */
export function noteMisspelt(environment: ConfigSource['environment'], problems: Problems): void {
  for (const [name, value = ''] of Object.entries(environment)) {
    const problem = value === '' ? undefined : problemOfVariable(name, value, KNOWN_VARIABLES);
    if (problem !== undefined) problems.add(name, problem);
  }
}

const PREFIXES = ['GATEWAY_', 'HSS_', 'IAM_'] as const;

/**
 * What Kubernetes sets in every container for each service of the namespace, so also for one called `gateway` or `hss-gateway`:
 * `GATEWAY_SERVICE_HOST`, `GATEWAY_SERVICE_PORT_HTTP`, `GATEWAY_PORT=tcp://10.0.0.1:80`, `GATEWAY_PORT_80_TCP_ADDR`.
 */
const SERVICE_NAME = /_SERVICE_HOST$|_SERVICE_PORT(?:_[A-Z0-9_]+)?$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?$/;
const SERVICE_ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/** Other usual words for ours, in the names of upstream's services. */
const SYNONYMS: Readonly<Record<string, string>> = { URL: 'ENDPOINT', URI: 'ENDPOINT', AKSK: 'AK' };

/** Shorter ones are part of too many names. */
const MIN_STEM_LENGTH = 3;

/**
 * What is wrong with the name of a variable that is set: it is unknown, and was meant for this program. A misspelt optional
 * variable would pass as an unset one, and its default as the operator's choice.
 *
 * Every unknown name that begins with `GATEWAY_` is refused. Of those that begin with `HSS_` or `IAM_`, or are not in capitals,
 * only the ones close to a known name are: other programs may use these too. All other names are ignored.
 */
export function problemOfVariable(name: string, value: string, known: readonly string[]): string | undefined {
  const capitals = name
    .toUpperCase()
    .replace(/[.-]/g, '_')
    .replace(/^HSS_(?=GATEWAY_)/, '');
  const prefix = PREFIXES.find((each) => capitals.startsWith(each));
  if (prefix === undefined || !/^\w+$/.test(capitals) || known.includes(name)) return undefined;
  if (SERVICE_NAME.test(name) || SERVICE_ADDRESS.test(value)) return undefined;
  const meant = meantBy(capitals, prefix, known);
  if (meant !== undefined) return `is not a known variable; did you mean ${meant}?`;
  return name.startsWith('GATEWAY_')
    ? 'is not a known variable, and its name begins like ours: docs/configuration.md lists the known ones'
    : undefined;
}

/** Names of the same prefix first: they share more of what was typed. */
function meantBy(name: string, prefix: string, known: readonly string[]): string | undefined {
  const typed = name.slice(prefix.length);
  const stem = prefix === 'GATEWAY_' ? typed : inOurWords(typed);
  const [own, others] = [new Map<string, string>(), new Map<string, string>()];
  for (const each of known) {
    const theirs = PREFIXES.find((one) => each.startsWith(one));
    if (theirs === prefix) own.set(each.slice(prefix.length), each);
    else if (theirs !== undefined) others.set(each.slice(theirs.length), each);
    // Names without a prefix are looked for behind ours only: HSS_HOST may well belong to another program.
    if (theirs !== prefix && (theirs !== undefined || prefix === 'GATEWAY_')) others.set(each, each);
  }
  for (const siblings of [own, others]) {
    const near = nearest(stem, siblings.keys()) ?? sameWords(stem, [...siblings.keys()]);
    if (near !== undefined) return siblings.get(near);
  }
  return undefined;
}

function inOurWords(stem: string): string {
  return stem
    .split('_')
    .map((word) => SYNONYMS[word] ?? word)
    .join('_');
}

/**
 * The candidate that has the same words, shortened, joined, or with some left out or one too many: `DB_URL` for `DATABASE_URL`,
 * `PROJECT` for `PROJECT_ID`, `REGION_NAME` for `REGION`, `SECRET_KEY` for `SK`. Of several the one with the fewest words more.
 */
function sameWords(stem: string, candidates: readonly string[]): string | undefined {
  if (stem.length < MIN_STEM_LENGTH) return undefined;
  const words = stem.split('_');
  const alike = candidates
    .map((candidate) => ({ candidate, apart: apart(words, candidate.split('_')) }))
    .filter(({ apart }) => apart !== undefined);
  alike.sort((one, other) => (one.apart ?? 0) - (other.apart ?? 0));
  return alike[0]?.candidate;
}

/** How many words one has that the other has not; undefined where they are not alike. */
function apart(words: readonly string[], candidate: readonly string[]): number | undefined {
  if (isWithin(words, candidate)) return candidate.length - words.length;
  if (words.length === candidate.length + 1 && isWithin(candidate, words)) return 1;
  const [file, whole] = [words.at(-1) === 'FILE', candidate.at(-1) === 'FILE'];
  const initials = words.slice(0, file ? -1 : undefined).map((word) => word[0] ?? '');
  const [acronym = '', ...more] = candidate.slice(0, whole ? -1 : undefined);
  const isAcronym = file === whole && more.length === 0 && acronym.length === 2 && initials.length > 1;
  return isAcronym && shortens(acronym, initials.join('')) ? 0 : undefined;
}

/** Whether each of the words, or what it is short for, is among the others, in the same order. */
function isWithin(words: readonly string[], others: readonly string[]): boolean {
  let at = 0;
  return words.every((word) => {
    const found = others.findIndex((other, index) => index >= at && shortens(word, other));
    at = found + 1;
    return found >= 0;
  });
}

/** `DB` for `DATABASE`, `PWD` for `PASSWORD`: the same beginning, and its letters in their order. */
function shortens(short: string, long: string): boolean {
  if (short[0] !== long[0]) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at += 1;
  return at === short.length;
}
