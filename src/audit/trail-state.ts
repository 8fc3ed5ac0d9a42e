import type { TrailFault } from './trail-fault.js';

/** Whether anything is wrong with the trail, as far as it is known. While something is, nothing is sent to the cloud. */
export class TrailState {
  /** The first fault that nobody has acknowledged; undefined: none is known. */
  broken: TrailFault | undefined;
}
