import { isMap, isScalar, LineCounter, parseDocument, visit, type Document, type Pair } from 'yaml';
import type { Problems } from './config.error.js';
import type { ConfigSource, Environment } from './environment.js';
import { Field } from './field.js';
import { readNamedFile } from './named-file.js';

/** The members of the YAML file, none of them given when there is no file. */
export interface ConfigFile {
  readonly projects: Field;
  readonly callers: Field;
  readonly issuers: Field;
  readonly limits: Field;
  readonly upstream: Field;
  readonly idempotency: Field;
  readonly background: Field;
  readonly plans: Field;
  readonly guardRails: Field;
  readonly dropIn: Field;
  /** It is there and could not be understood: that something is absent from it means nothing. */
  readonly broken: boolean;
}

const MEMBERS = [
  'projects',
  'callers',
  'issuers',
  'limits',
  'upstream',
  'idempotency',
  'background',
  'plans',
  'guardRails',
  'dropIn',
] as const;

/** Aliases may repeat a part of the file, but not blow it up. */
const MOST_ALIASES = 1000;

/** After the first slip a parser often stumbles over what follows it. */
const MOST_COMPLAINTS = 5;

export function readConfigFile(
  environment: Environment,
  readFile: ConfigSource['readFile'],
  problems: Problems,
): ConfigFile {
  const setting = environment.field('GATEWAY_CONFIG');
  const text = setting.given ? readNamedFile(setting, readFile) : undefined;
  return configFileOf(text, setting, problems);
}

/** The members that a text has; `undefined`: there is no text. What is wrong with it as a whole is noted on the setting. */
export function configFileOf(text: string | undefined, setting: Field, problems: Problems): ConfigFile {
  const content = text === undefined ? undefined : parse(text, setting);
  const root = new Field('', content, problems).object(...MEMBERS);
  return { ...root, broken: setting.given && content === undefined };
}

/** Maps, arrays and texts; undefined when something was noted. The parser's own messages quote the file: not passed on. */
function parse(text: string, setting: Field): ReadonlyMap<unknown, unknown> | undefined {
  if (text.includes('\uFFFD')) {
    setting.note('the file is not UTF-8 text: save it as such');
    return undefined;
  }
  const lines = new LineCounter();
  // Every scalar is read as text: a project id made of digits is not a number, and nobody has to know when to quote.
  const document = parseDocument(text, { schema: 'failsafe', resolveKnownTags: false, lineCounter: lines });
  const syntax = syntaxComplaints(document);
  const complaints = syntax.length > 0 ? syntax.slice(0, MOST_COMPLAINTS) : keyComplaints(document, lines);
  for (const { line, problem } of complaints) setting.note(`line ${line} of the file: ${problem}`);
  if (complaints.length > 0) return undefined;
  if (document.contents === null) return new Map();
  if (isMap(document.contents)) return resolved(document, setting);
  setting.note(`the file must be a mapping with the keys ${MEMBERS.join(', ')}`);
  return undefined;
}

interface Complaint {
  readonly line: number;
  readonly problem: string;
}

function syntaxComplaints(document: Document.Parsed): Complaint[] {
  return [...document.errors, ...document.warnings].map(({ code, linePos }) => ({
    line: linePos?.[0].line ?? 1,
    problem: SYNTAX_PROBLEMS[code] ?? `is not valid YAML (${code}): check quotes, brackets and indentation`,
  }));
}

const SYNTAX_PROBLEMS: Partial<Record<string, string>> = {
  DUPLICATE_KEY: 'repeats a key of the same mapping: remove one of the two',
  MULTIPLE_DOCS: 'starts a second document: only one is read',
  TAB_AS_INDENT: 'is indented with a tab: use spaces',
  TAG_RESOLVE_FAILED: 'has a tag: write the plain value',
};

/**
 * Keys that cannot be a setting's name are pointed at by line and not named, since they may be part of a value: in
 * `{ password: abc,def }` everything from the comma on is a key.
 */
function keyComplaints(document: Document.Parsed, lines: LineCounter): Complaint[] {
  const complaints: Complaint[] = [];
  const judge = ({ key, value }: Pair): void => {
    if (isScalar<string>(key) && /^[a-z][a-z0-9_-]*$/i.test(key.value) && value !== null) return;
    const line = lines.linePos(startOf(key)).line;
    complaints.push({
      line,
      problem: 'has a key that no setting has: quote values that hold commas, colons or braces',
    });
  };
  visit(document, { Pair: (_, pair) => judge(pair) });
  return complaints;
}

function startOf(key: unknown): number {
  return (key as { range?: [number] | null } | null)?.range?.[0] ?? 0;
}

function resolved(document: Document.Parsed, setting: Field): ReadonlyMap<unknown, unknown> | undefined {
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: MOST_ALIASES }) as ReadonlyMap<unknown, unknown>;
  } catch {
    setting.note('the file has an alias whose anchor is missing, or too many aliases: write the values out');
    return undefined;
  }
}
