import { readFileSync } from 'node:fs';

/** The package's own description of itself, at the root in the sources and in `dist` alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
