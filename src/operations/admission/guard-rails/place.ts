import { mayBeSame } from './short-name.js';

/** What a path names, in the one form that all its spellings have: the root, and the names below it, one in the other. */
export interface Place {
  /** `/`, the letter of a Windows drive, or `*` for a drive whose letter is not known. */
  readonly root: string;
  /** On Windows in lower case. */
  readonly names: readonly string[];
}

const isPosix = ({ root }: Place): boolean => root === '/';

/** Whether a place is another one, lies in it, or holds it: whoever takes the one takes something of the other. */
export function touches(place: Place, other: Place): boolean {
  if (isPosix(place) !== isPosix(other)) return false;
  if (place.root !== other.root && place.root !== '*' && other.root !== '*') return false;
  const isSame = isPosix(place) ? (name: string, its: string) => name === its : mayBeSame;
  const common = place.names.slice(0, other.names.length);
  return common.every((name, depth) => isSame(name, other.names[depth] ?? ''));
}

/** Nothing but a root: whoever takes it takes everything. */
export function isRoot({ names }: Place): boolean {
  return names.length === 0;
}

/** A file name in which `*` stands for anything. */
export interface NamePattern {
  readonly whole: RegExp;
  /** What stands before the first `*`, in lower case. */
  readonly start: string;
}

export function namePattern(name: string): NamePattern {
  const escaped = name.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return {
    whole: new RegExp(`^${escaped.join('.*')}$`, 'i'),
    start: name.replace(/\*.*$/, '').toLowerCase(),
  };
}

/** Whether the last name of a place is one that a pattern stands for. */
export function isNamed(place: Place, { whole, start }: NamePattern): boolean {
  // So Linux calls a file that was deleted while it ran.
  const name = (place.names.at(-1) ?? '').replace(/ \(deleted\)$/, '');
  return whole.test(name) || (!isPosix(place) && mayBeSame(name, start));
}
