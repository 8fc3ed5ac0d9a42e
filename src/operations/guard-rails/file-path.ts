import { posix, win32 } from 'node:path';

const WINDOWS = /^(?:[a-z]:|[\\/]{2}[?.][\\/]|[\\/]{2}[^\\/])|\\/i;

/**
 * Every form in which a system would read a path. `//./bin/x` means one file to Linux and another to Windows, and nothing here
 * tells which system it is on.
 */
export function foldedForms(path: string): string[] {
  const forms = path.startsWith('/') || !WINDOWS.test(path) ? [foldedPosixPath(path)] : [];
  return WINDOWS.test(path) ? [...forms, foldedWindowsPath(path)] : forms;
}

/** A process sees the whole file system again below its own root. */
const PROCESS_ROOT = /^\/proc\/(?:self|thread-self|\d+)\/(?:task\/\d+\/)?root(?=\/|$)/;

/**
 * A file path in the one form in which two spellings of it compare equal: `/usr//bin/../sbin/x` is `/usr/sbin/x`, and
 * `\\?\c:/WINDOWS/.\x.` is `c:\windows\x`. Links can't be told from here.
 */
export function foldedPath(path: string): string {
  return WINDOWS.test(path) ? foldedWindowsPath(path) : foldedPosixPath(path);
}

function foldedPosixPath(path: string): string {
  let folded = posix.normalize(path).replace(/^\/+/, '/');
  while (PROCESS_ROOT.test(folded)) folded = folded.replace(PROCESS_ROOT, '') || '/';
  return folded.length > 1 ? folded.replace(/\/+$/, '') : folded;
}

/** Windows passes over dots and blanks at the end of a name, and what comes after a colon names a stream of the file. */
function foldedWindowsPath(path: string): string {
  const plain = path.replaceAll('/', '\\').replace(/^\\\\[?.]\\/, '');
  const [drive = ''] = /^[a-z]:/i.exec(plain) ?? [];
  const names = win32.normalize(plain.slice(drive.length) || '\\').split('\\');
  const folded = names.map((name) =>
    /^\.+$/.test(name) ? name : name.replace(/:.*$/, '').replace(/[. ]+$/, ''),
  );
  return (drive + folded.join('\\')).replace(/\\+$/, '').toLowerCase() || '\\';
}

/** The last name of a folded path. */
export function nameOf(folded: string): string {
  return folded.slice(Math.max(folded.lastIndexOf('/'), folded.lastIndexOf('\\')) + 1);
}

/** Whether a folded path is another or lies below it. */
export function isWithin(folded: string, folder: string): boolean {
  return (
    folded === folder ||
    folded.startsWith(folder + (folder.includes('\\') || /^[a-z]:$/.test(folder) ? '\\' : '/'))
  );
}

/** Nothing but a root: quarantining it would be quarantining everything. */
export function isRoot(folded: string): boolean {
  return folded === '/' || folded === '\\' || /^[a-z]:$/.test(folded) || folded === '.' || folded === '..';
}
