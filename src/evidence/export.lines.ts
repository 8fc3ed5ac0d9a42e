import { recordHead, type CheckedRecord } from '../audit/index.js';

/** What a record says of one column; undefined: nothing. */
type Cell = string | number | undefined;

const textOf = (value: unknown): Cell =>
  typeof value === 'string' || typeof value === 'number' ? value : undefined;

/** Columns of a CSV export, in their order (docs/operations.md). */
const COLUMNS: Readonly<
  Record<string, (row: CheckedRecord, record: Readonly<Record<string, unknown>>) => Cell>
> = {
  sequence: ({ seq }) => seq,
  at: (_, { at }) => textOf(at),
  kind: ({ kind }) => kind,
  operationId: ({ operation_id: id }) => id ?? undefined,
  caller: ({ caller }, record) => textOf(record['caller']) ?? caller ?? undefined,
  onBehalfOf: (_, { onBehalfOf }) => textOf(onBehalfOf),
  operation: ({ type }) => type ?? undefined,
  project: ({ project }) => project ?? undefined,
  enterpriseProjectId: ({ enterprise_project_id: id }) => id ?? undefined,
  targets: (_, { alarms, items }) =>
    [items, alarms].map((list) => (Array.isArray(list) ? list.length : 0)).find((count) => count > 0),
  remark: (_, { remark }) => textOf(remark),
  undoes: (_, { undoes }) => textOf(undoes),
  status: (_, { status }) => textOf(status),
  code: (_, { code }) => textOf(code),
  detail: (_, { detail }) => textOf(detail),
  address: (_, { address }) => textOf(address),
  requestId: (_, { requestId }) => textOf(requestId),
  hash: ({ hash }) => Buffer.from(hash).toString('hex'),
};

const BREAK = '\r\n';
/** With these a spreadsheet begins a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** As RFC 4180 has it; what a spreadsheet would take for a formula begins with an apostrophe. */
function cellOf(value: Cell): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  const guarded = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export const CSV_HEAD = Object.keys(COLUMNS).join(',') + BREAK;

export function csvLine(row: CheckedRecord): string {
  const record = recordHead(row.body) as Readonly<Record<string, unknown>>;
  return (
    Object.values(COLUMNS)
      .map((valueOf) => cellOf(valueOf(row, record)))
      .join(',') + BREAK
  );
}
