import { readFile } from 'node:fs/promises';

import { isMap, isScalar, LineCounter, parseDocument, visit, type Document, type Pair } from 'yaml';

import type { Field } from './field.js';
import { fileKeysOf } from './reader.js';
import { SETTINGS } from './schema.js';

/** Aliases may repeat a part of the file, but not blow it up. */
const MAX_ALIASES = 1000;

/** After the first slip a parser often stumbles over what follows it. */
const MAX_COMPLAINTS = 5;

/** Maps, arrays and texts; undefined when something was noted. The parser's own messages quote the file: not passed on. */
export function parseConfigFile(text: string, setting: Field): ReadonlyMap<unknown, unknown> | undefined {
  if (text.includes('\uFFFD')) {
    setting.note('the file is not UTF-8 text: save it as such');
    return undefined;
  }
  const lines = new LineCounter();
  // Every scalar is read as text: a project id made of digits is no number, and needs no quotes.
  const document = parseDocument(text, { schema: 'failsafe', resolveKnownTags: false, lineCounter: lines });
  const syntax = syntaxComplaints(document);
  const complaints = syntax.length > 0 ? syntax.slice(0, MAX_COMPLAINTS) : keyComplaints(document, lines);
  for (const { line, problem } of complaints) setting.note(`line ${line} of the file: ${problem}`);
  if (complaints.length > 0) return undefined;
  if (document.contents === null) return new Map();
  if (isMap(document.contents)) return resolved(document, setting);
  setting.note(`the file must be a mapping with the keys ${fileKeysOf(SETTINGS).join(', ')}`);
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
    return document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES }) as ReadonlyMap<unknown, unknown>;
  } catch {
    setting.note('the file has an alias whose anchor is missing, or too many aliases: write the values out');
    return undefined;
  }
}

/**
 * A file that may change, looked at from time to time. It is read through its path each time and compared by its text, so it
 * does not matter how it was changed: in place, by a rename over it, or by a swapped symbolic link on the way to it.
 */
export class FollowedFile {
  #seen: string | undefined;
  #reported: string | undefined;

  constructor(readonly path: string) {}

  /**
   * A new text, once, after two identical reads: a file that is being written is not half read.
   *
   * @throws Error when it cannot be read
   */
  async look(): Promise<string | undefined> {
    const text = await readFile(this.path, 'utf8');
    const unchanged = text === this.#seen;
    this.#seen = text;
    if (!unchanged || text === this.#reported) return undefined;
    this.#reported = text;
    return text;
  }
}
