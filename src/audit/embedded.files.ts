import { statSync } from 'node:fs';

interface Seen {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: bigint;
}

/**
 * The files of an open database, watched at their places. A process goes on writing into a file that was removed, moved or
 * replaced, and what it writes there is gone or out of sight afterwards.
 *
 * No descriptor of our own is opened: closing one would let go of the locks that SQLite holds on the same file.
 */
export class FilesInPlace {
  readonly #seen = new Map<string, Seen>();

  /** @param paths of files that are open now, and neither of which ever gets shorter while they are */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.#seen.set(path, look(path));
  }

  /** What is wrong, as the end of a sentence; undefined: each is in its place, and as long as it was. */
  displaced(): string | undefined {
    for (const [path, seen] of this.#seen) {
      let now: Seen;
      try {
        now = look(path);
      } catch (error) {
        const { code = 'no code' } = error as NodeJS.ErrnoException;
        return `${path} was removed or moved away (${code})`;
      }
      if (now.inode !== seen.inode || now.device !== seen.device)
        return `${path} was replaced by another file`;
      if (now.bytes < seen.bytes) return `${path} was cut short`;
      this.#seen.set(path, now);
    }
    return undefined;
  }
}

function look(path: string): Seen {
  const { dev, ino, size } = statSync(path, { bigint: true });
  return { device: dev, inode: ino, bytes: size };
}
