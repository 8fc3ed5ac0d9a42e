import type { News } from '../../audit/index.js';
import type { ChunkOutcome, OperationStatus } from '../../domain/outcome.js';

/** One server-sent event: what became of one chunk, or the end. */
interface ProgressEvent {
  /** How many chunks are known with it, or `end`. */
  readonly id: string;
  readonly event: 'chunk' | 'end';
  readonly data: ChunkData | EndData;
}

interface ChunkData {
  /** From 0. */
  readonly index: number;
  readonly alarmCount: number;
  readonly outcome: ChunkOutcome['outcome'];
  /** Code of the problem, where there was one. */
  readonly reason?: string;
  readonly done: number;
  readonly total: number;
}

interface EndData {
  readonly status: OperationStatus;
  readonly done: number;
  readonly total: number;
}

/** What a follower has received so far. */
export interface Followed {
  readonly total: number;
  /** Chunks and alarms. */
  readonly chunks: number;
  readonly done: number;
}

/** The events that a record stands for, and what a follower has received with them. */
export function eventsOf(
  followed: Followed,
  record: News['record'],
): { readonly events: readonly ProgressEvent[]; readonly followed: Followed } {
  if (record.kind === 'chunk') return chunkEvents(followed, [record.chunk]);
  // The last chunk, and what never left, have no record of their own: the outcome holds them.
  const last = chunkEvents(followed, record.chunks.slice(followed.chunks));
  const { done, total } = last.followed;
  const end: ProgressEvent = { id: 'end', event: 'end', data: { status: record.status, done, total } };
  return { events: [...last.events, end], followed: last.followed };
}

function chunkEvents(before: Followed, chunks: readonly ChunkOutcome[]): ReturnType<typeof eventsOf> {
  const events: ProgressEvent[] = [];
  let followed = before;
  for (const { alarms, outcome, fault } of chunks) {
    const { total, chunks: index } = followed;
    followed = { total, chunks: index + 1, done: followed.done + alarms };
    const data = {
      index,
      alarmCount: alarms,
      outcome,
      ...(fault && { reason: fault.code }),
      done: followed.done,
      total,
    };
    events.push({ id: String(index + 1), event: 'chunk', data });
  }
  return { events, followed };
}

/** As it travels. */
export function eventText({ id, event, data }: ProgressEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A line that says nothing, but that the connection stands. */
export const HEARTBEAT = ':\n\n';
