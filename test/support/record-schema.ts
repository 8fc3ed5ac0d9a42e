import { existsSync, readFileSync } from 'node:fs';

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import Database from 'better-sqlite3';
import pg from 'pg';

/** A JSON Schema, as far as tests look into it. */
interface RecordSchema {
  readonly $id: string;
  readonly title: string;
  readonly oneOf: readonly { readonly $ref: string }[];
  readonly $defs: Readonly<
    Record<string, Words & { readonly properties?: Readonly<Record<string, Members>> }>
  >;
}

interface Words {
  readonly enum?: readonly string[];
}

interface Members {
  readonly items?: Words;
}

export const recordSchema = JSON.parse(
  readFileSync(new URL('../../../openapi/audit-records.schema.json', import.meta.url), 'utf8'),
) as RecordSchema;

const ajv = new Ajv2020({
  ...{ strict: true, strictRequired: false, strictTypes: false },
  // Most of what a small file of tests takes would be for making a validator fast that is asked a few times.
  code: { optimize: false },
});
// Its types are those of a default export that ESM does not have.
(addFormats as unknown as (to: Ajv2020) => void)(ajv);
const isRecord = ajv.compile(recordSchema);

const refs = new Map(recordSchema.oneOf.map(({ $ref }) => [$ref.slice($ref.lastIndexOf('/') + 1), $ref]));
/** Of one kind, so that a fault is named in the words of what the record means to be. */
function isOfKind(kind: string): ValidateFunction | undefined {
  const ref = refs.get(kind);
  return ref === undefined ? undefined : ajv.compile({ $ref: recordSchema.$id + ref });
}

/** Every kind of record that there is, as the schema has them. */
export const RECORD_KINDS: readonly string[] = [...refs.keys()];

/** What of a record its schema does not describe; undefined: nothing. @param body as it is stored */
export function recordFault(body: string): string | undefined {
  if (isRecord(JSON.parse(body))) return undefined;
  const record = JSON.parse(body) as { readonly kind: string };
  const validate = isOfKind(record.kind);
  if (!validate) return `there is no kind ${record.kind}`;
  validate(record);
  const faults = validate.errors ?? [];
  return faults
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('; ');
}

/** Whether what is in a database is held against the schema: not what a test made up without a gateway. */
export type Checking = 'checked' | 'unchecked';

interface Row {
  readonly seq: number | string;
  readonly kind: string;
  readonly body: string;
}

const ROWS = 'SELECT seq, kind, body FROM audit_record ORDER BY seq';
const SHOWN = 5;
const SHOWN_CHARACTERS = 1_000;

/** @returns the kinds that were there @throws Error where the schema does not describe a record */
function check(where: string, rows: Iterable<Row>): Set<string> {
  const kinds = new Set<string>();
  const faults: string[] = [];
  for (const { seq, kind, body } of rows) {
    kinds.add(kind);
    const fault = recordFault(body);
    if (fault !== undefined && faults.length < SHOWN)
      faults.push(`record ${seq}: ${fault}\n${body.slice(0, SHOWN_CHARACTERS)}`);
  }
  if (faults.length > 0)
    throw new Error(`${where} holds records that their schema does not describe:\n${faults.join('\n')}`);
  return kinds;
}

/**
 * Holds every record of an embedded database that no gateway has open against the schema.
 *
 * @returns the kinds that are in it; none where there is no such file
 * @throws Error where the schema does not describe one
 */
export function checkRecordsIn(file: string): Set<string> {
  if (!existsSync(file)) return new Set();
  const database = new Database(file, { fileMustExist: true });
  try {
    return check(file, database.prepare<[], Row>(ROWS).iterate());
  } finally {
    database.close();
  }
}

/** Likewise of a PostgreSQL database. */
export async function checkRecordsAt(url: string): Promise<Set<string>> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ found: string | null }>(
      "SELECT to_regclass('audit_record') AS found",
    );
    return rows[0]?.found ? check(url, (await client.query<Row>(ROWS)).rows) : new Set();
  } finally {
    await client.end();
  }
}
