import type { FollowerOptions, PlacedCheckpoint } from '../audit/index.js';

/** Is shown checkpoints, in order. */
export interface Witness extends Pick<FollowerOptions<PlacedCheckpoint>, 'deliver'> {
  /** Lets go of what it holds. */
  close?(): Promise<void>;
}
