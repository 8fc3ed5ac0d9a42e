import type { Alarm } from './alarm.js';

/** One thing that was done to one alarm; unlike the alarm itself it also shows what was taken back (contract 2.3). */
export interface HistoryEntry {
  readonly alarm: Alarm;
  readonly operateType: string;
  readonly userName: string;
  readonly notes: string;
  readonly at: number;
  readonly statusAfter: 'handled' | 'unhandled';
}
