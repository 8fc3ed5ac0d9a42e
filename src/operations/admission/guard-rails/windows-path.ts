import type { Place } from './place.js';

/** Ways to say that what follows is a name of the system's own: `\\?\`, `\\.\`, `\??\`. */
const NAMESPACE = /^\\(?:\\[?.]|\?\?)\\/;
const DRIVE = /^([a-z]):\\(.*)$/;
/** A volume by its number or its id: which letter it has is not known. */
const VOLUME = /^(?:(?:\\device\\)?harddiskvolume\d+|volume\{[0-9a-f-]+\})\\(.*)$/;

/**
 * The place that an absolute path names on Windows, in lower case. Undefined for everything else: paths that go on from a folder
 * or a drive, places on the network (the host itself can be one), devices, and variables that stand for something.
 */
export function windowsPlace(path: string): Place | undefined {
  // Programs that do not speak Unicode are given the sign that looks most like it.
  const text = path.normalize('NFKC').toLowerCase().replaceAll('/', '\\');
  if (/%[^%\\]+%/.test(text)) return undefined;
  const plain = text.replace(NAMESPACE, '');
  const [, root = '*', rest] = DRIVE.exec(plain) ?? ['', '*', VOLUME.exec(plain)?.[1]];
  const names = rest === undefined ? undefined : resolved(rest);
  return names && { root, names };
}

function resolved(path: string): string[] | undefined {
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
