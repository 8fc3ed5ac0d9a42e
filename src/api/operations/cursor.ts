import { isOperationId } from '../../operations/own-operation.js';

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
