/** What a path names, in the one form that all its spellings have: the root, and the names below it, one in the other. */
export interface Place {
  /** `/`, the letter of a Windows drive, or `*` for a drive whose letter is not known. */
  readonly root: string;
  /** On Windows in lower case. */
  readonly names: readonly string[];
}

const isPosix = ({ root }: Place): boolean => root === '/';

/** Whether a place is another one, lies in it, or holds it: isolating the one isolates something of the other. */
export function touches(place: Place, other: Place): boolean {
  if (isPosix(place) !== isPosix(other)) return false;
  if (place.root !== other.root && place.root !== '*' && other.root !== '*') return false;
  const isSame = isPosix(place) ? (name: string, its: string) => name === its : mayBeSame;
  const common = place.names.slice(0, other.names.length);
  return common.every((name, depth) => isSame(name, other.names[depth] ?? ''));
}

/** Nothing but a root: isolating it isolates everything. */
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
  // Linux adds this to the name of a file that was deleted while it ran.
  const name = (place.names.at(-1) ?? '').replace(/ \(deleted\)$/, '');
  return whole.test(name) || (!isPosix(place) && mayBeSame(name, start));
}

/** What Windows calls a long name as well: `PROGRA~1`, or `PRF4A2~1` where many would be called the same. */
const SHORT = /^([^.~]{1,7})~\d{1,6}(?:\.([^.]{0,3}))?$/;

/** Whether a name on Windows is another, or one of them may be the short form of the other; both in lower case. */
function mayBeSame(name: string, other: string): boolean {
  return name === other || isShortFor(name, other) || isShortFor(other, name);
}

function isShortFor(name: string, long: string): boolean {
  const [, start, extension = ''] = SHORT.exec(name) ?? [];
  if (start === undefined) return false;
  const dot = long.lastIndexOf('.');
  const [base, ending] = dot > 0 ? [long.slice(0, dot), long.slice(dot + 1)] : [long, ''];
  const letters = base.replace(/[ .]/g, '').replace(/[+,;=[\]]/g, '_');
  const isHashed = /^..[0-9a-f]{4}$/.test(start) && letters.startsWith(start.slice(0, 2));
  return (letters.startsWith(start) || isHashed) && ending.startsWith(extension);
}

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
 * `/bin` is a link. Undefined where it leads out of a folder of links whose targets are not known here.
 */
function posixPlaces(path: string): Place[] | undefined {
  const places = [false, true].map((merged) => posixPlace(path, merged));
  const known = places.filter((place) => place !== undefined);
  return known.length === places.length ? known : undefined;
}

function posixPlace(path: string, merged: boolean): Place | undefined {
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

/** Ways to say that what follows is a name of the system's own: `\\?\`, `\\.\`, `\??\`. */
const NAMESPACE = /^\\(?:\\[?.]|\?\?)\\/;
const DRIVE = /^([a-z]):\\(.*)$/;
/** A volume by its number or its id: which letter it has is not known. */
const VOLUME = /^(?:(?:\\device\\)?harddiskvolume\d+|volume\{[0-9a-f-]+\})\\(.*)$/;

/**
 * The place that an absolute path names on Windows, in lower case. Undefined for everything else: paths that go on from a folder
 * or a drive, places on the network (the host itself can be one), devices, and variables that stand for something.
 */
function windowsPlace(path: string): Place | undefined {
  // Programs that do not speak Unicode are given the sign that looks most like it.
  const text = path.normalize('NFKC').toLowerCase().replaceAll('/', '\\');
  if (/%[^%\\]+%/.test(text)) return undefined;
  const plain = text.replace(NAMESPACE, '');
  const [, root = '*', rest] = DRIVE.exec(plain) ?? ['', '*', VOLUME.exec(plain)?.[1]];
  const names = rest === undefined ? undefined : windowsNames(rest);
  return names && { root, names };
}

function windowsNames(path: string): string[] | undefined {
  const names: string[] = [];
  for (const part of path.split('\\')) {
    // What comes after a colon names a stream of the file.
    const name = part.replace(/:.*$/, '');
    const dots = name.replaceAll(' ', '');
    if (/^\.{3,}$/.test(dots)) return undefined;
    if (dots === '..') names.pop();
    else if (dots !== '' && dots !== '.') names.push(name.replace(/[. ]+$/, ''));
  }
  return names;
}

/**
 * Every place that a system would take a path for; which system it is on is not known here. Undefined for what is not absolute,
 * or not understood: it could name anything. Links are not known here, except those that every system has.
 */
export function placesOf(path: string): readonly Place[] | undefined {
  const text = path.trim();
  const ofNetwork = /^[\\/]{2}(?![\\/])/.test(text);
  // What begins with one slash Windows takes for a place on the drive that it is on.
  const onWindows = windowsPlace(text.startsWith('/') && !ofNetwork ? `c:${text}` : text);
  if (!text.startsWith('/')) return onWindows && [onWindows];
  const onPosix = posixPlaces(text);
  if (!onPosix) return undefined;
  if (onWindows) return [...onPosix, onWindows];
  return ofNetwork ? undefined : onPosix;
}

/** A path that a guard rail protects. @throws Error for one that nothing could match */
export function protectedPlaces(path: string): readonly Place[] {
  const windows = path.startsWith('/') ? undefined : windowsPlace(path);
  const places = path.startsWith('/') ? posixPlaces(path) : windows && [windows];
  if (!places) throw new Error(`the guard rails cannot protect ${path}: it is not a plain absolute path`);
  return places;
}

/** Some place of that name, where all that is known of a path is its last name. */
export function somewhere(path: string): Place {
  const names = path.toLowerCase().split(/[\\/]/);
  return { root: '*', names: names.filter((name) => name.trim() !== '') };
}
