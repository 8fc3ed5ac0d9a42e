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

/** What makes two records the same file: its host, its hash and its path. */
type FileIdentity = Pick<IsolatedFile, 'alarm' | 'fileHash' | 'filePath'>;

function keyOf({ alarm, fileHash, filePath }: FileIdentity): string {
  return JSON.stringify([alarm.host.id, fileHash, filePath]);
}

export class IsolatedFiles {
  private readonly files = new Map<string, IsolatedFile>();

  isolate(file: Omit<IsolatedFile, 'goal' | 'since'>, now: number): void {
    this.files.set(keyOf(file), { ...file, goal: 'isolated', since: now });
  }

  /** Sends a file back to its host, if it was taken away at all. */
  restore(identity: FileIdentity, now: number): void {
    const file = this.files.get(keyOf(identity));
    if (file !== undefined && file.goal !== 'restored') Object.assign(file, { goal: 'restored', since: now });
  }

  delete(identity: FileIdentity): void {
    this.files.delete(keyOf(identity));
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
