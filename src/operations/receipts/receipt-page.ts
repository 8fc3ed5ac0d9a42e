import { isOperationId } from '../../audit/index.js';

/** No page of a list is longer than this, as JSON, unless one thing alone is. */
export const MAX_BYTES = 1_048_576;

/** Counts what goes on a page, so that it ends before it grows too long. */
export class ByteBound {
  #left: number;
  #isEmpty = true;

  constructor(mostBytes = MAX_BYTES) {
    this.#left = mostBytes;
  }

  /** Whether there is room for one thing more; the first always finds it. */
  takes(item: unknown): boolean {
    this.#left -= Buffer.byteLength(JSON.stringify(item));
    const fits = this.#isEmpty || this.#left >= 0;
    this.#isEmpty = false;
    return fits;
  }
}

/** Opaque on purpose: what a cursor is made of may change. */
export function cursorAfter(operationId: string): string {
  return Buffer.from(operationId.replaceAll('-', ''), 'hex').toString('base64url');
}

/** The operation that a cursor stands after; undefined when it is no cursor. */
export function readCursor(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const hex = Buffer.from(value, 'base64url').toString('hex');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isOperationId(id) && cursorAfter(id) === value ? id : undefined;
}

/** Of a place in the list of a receipt's alarms, or items. */
export function cursorAt(place: number): string {
  return Buffer.from(String(place)).toString('base64url');
}

/** The place, from 0, that a cursor stands for; undefined when it is no such cursor. */
export function readPlace(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const text = Buffer.from(value, 'base64url').toString('latin1');
  return /^(0|[1-9]\d{0,14})$/.test(text) && cursorAt(Number(text)) === value ? Number(text) : undefined;
}
