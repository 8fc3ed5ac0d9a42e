import type { Place } from './place.js';
import { posixPlaces } from './posix-path.js';
import { windowsPlace } from './windows-path.js';

/**
 * Every place that a system would take a path for; nothing here tells which system it is on. Undefined for what is not absolute,
 * or not understood: it could name anything. Links can't be told from here, but for those that every system has.
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

/** A path that a rail protects, as it is meant. @throws Error for one that nobody could match */
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
