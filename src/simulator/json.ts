import { readFileSync } from 'node:fs';
import { isInteger, parse, stringify } from 'lossless-json';

/** An integer beyond the safe range becomes a bigint, so that an int64 keeps every digit; anything else a number. */
function exactNumber(text: string): number | bigint {
  const rounded = Number(text);
  return isInteger(text) && !Number.isSafeInteger(rounded) ? BigInt(text) : rounded;
}

/** Parses JSON without losing digits. Throws on a syntax error and on a repeated key with another value. */
export function parseExact(text: string): unknown {
  return parse(text, null, exactNumber);
}

/** What a JSON file next to the program holds. */
export function readJsonFile(file: URL): unknown {
  return parseExact(readFileSync(file, 'utf8'));
}

/** Writes JSON, bigints as plain integers. */
export function stringifyExact(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    // It cannot write bigints, and is many times as fast where there are none.
    if (error instanceof TypeError) return stringify(value) ?? 'null';
    throw error;
  }
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Walks into nested objects; undefined where the way ends. */
export function dig(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    value,
  );
}

/** What is named in an object and not among what may be. */
export function namesBeyond(known: object, stated: object): string[] {
  return Object.keys(stated).filter((name) => !Object.hasOwn(known, name));
}
