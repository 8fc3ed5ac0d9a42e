import type { Place } from './place.js';

/** Folders that most distributions by now keep below `/usr`, with links to them where they were. */
const MERGED: ReadonlySet<string> = new Set(['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']);

/** Other links that every distribution has. */
const LINKS: readonly (readonly [from: string, to: string])[] = [
  ['/var/run', '/run'],
  ['/var/lock', '/run/lock'],
];

/** A process sees the whole file system again below its own root. */
const PROCESS_ROOT = /^\/proc\/(?:self|thread-self|\d+)\/(?:task\/\d+\/)?root$/;

/** Folders of links that lead anywhere: what stands above where one leads to is not what stands before it. */
const FULL_OF_LINKS: ReadonlySet<string> = new Set(['proc', 'dev', 'sys']);

/**
 * The places that an absolute path names on Linux: `..` leads from `/bin` to `/` on one system, and to `/usr` on another, where
 * `/bin` is a link. Undefined where it leads out of a folder that nobody can tell from here.
 */
export function posixPlaces(path: string): Place[] | undefined {
  const places = [false, true].map((merged) => resolved(path, merged));
  const known = places.filter((place) => place !== undefined);
  return known.length === places.length ? known : undefined;
}

function resolved(path: string, merged: boolean): Place | undefined {
  let names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (FULL_OF_LINKS.has(names[0] ?? '')) return undefined;
      names.pop();
      continue;
    }
    names = followed([...names, name], merged);
  }
  // One of the two, however it was written.
  return { root: '/', names: names[0] === 'usr' && MERGED.has(names[1] ?? '') ? names.slice(1) : names };
}

/** Where the way leads on that has come so far. */
function followed(names: string[], merged: boolean): string[] {
  const [first = ''] = names;
  if (merged && names.length === 1 && MERGED.has(first)) return ['usr', first];
  const path = `/${names.join('/')}`;
  if (PROCESS_ROOT.test(path)) return [];
  const [, to] = LINKS.find(([from]) => from === path) ?? [];
  return to === undefined ? names : to.slice(1).split('/');
}
