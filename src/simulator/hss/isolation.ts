import type { Alarm } from './alarm.js';

export type IsolationStatus = 'isolating' | 'isolated' | 'restoring' | 'restored';

/** A file that was taken away from a host, or is on its way back (contract 2.8). */
export interface IsolatedFile {
  readonly projectId: string;
  readonly alarm: Alarm;
  readonly fileHash: string;
  readonly filePath: string;
  readonly fileAttr: string;
  /** Where it is heading, and since when. */
  goal: 'isolated' | 'restored';
  since: number;
}

function keyOf(hostId: string, fileHash: string, filePath: string): string {
  return JSON.stringify([hostId, fileHash, filePath]);
}

/** Isolated files by host, hash and path. */
export class IsolatedFiles {
  private readonly files = new Map<string, IsolatedFile>();

  isolate(file: Omit<IsolatedFile, 'goal' | 'since'>, now: number): void {
    this.files.set(keyOf(file.alarm.host.id, file.fileHash, file.filePath), {
      ...file,
      goal: 'isolated',
      since: now,
    });
  }

  /** Sends a file back to its host; answers whether there was one to send. */
  restore(hostId: string, fileHash: string, filePath: string, now: number): boolean {
    const file = this.files.get(keyOf(hostId, fileHash, filePath));
    if (file === undefined) return false;
    if (file.goal !== 'restored') Object.assign(file, { goal: 'restored', since: now });
    return true;
  }

  delete(hostId: string, fileHash: string, filePath: string): boolean {
    return this.files.delete(keyOf(hostId, fileHash, filePath));
  }

  list(): IsolatedFile[] {
    return [...this.files.values()];
  }

  clear(): void {
    this.files.clear();
  }
}

/** The agent needs `delayMs` to get there; until then the intermediate state shows. */
export function isolationStatus(file: IsolatedFile, now: number, delayMs: number): IsolationStatus {
  const done = now >= file.since + delayMs;
  if (file.goal === 'isolated') return done ? 'isolated' : 'isolating';
  return done ? 'restored' : 'restoring';
}
