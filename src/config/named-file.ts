import type { Field } from './field.js';

/** The text of the file that a setting names; a problem when it cannot be read. Of the failure only its code is told. */
export function readNamedFile(field: Field, readFile: (path: string) => string): string | undefined {
  if (typeof field.raw !== 'string') {
    field.note('must be the path of a file');
    return undefined;
  }
  try {
    return readFile(field.raw);
  } catch (error) {
    field.note(`names a file that cannot be read${codeOf(error)}: check its path and permissions`);
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? ` (${code})` : '';
}
