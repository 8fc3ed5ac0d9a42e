import type { FollowerOptions } from '../audit/index.js';
import type { SinkItem } from './sink-source.js';

/** Takes records, in order. */
export interface Sink extends Pick<FollowerOptions<SinkItem>, 'deliver'> {
  /** Lets go of what it holds. */
  close?(): Promise<void>;
}
