import type { ListedRow } from './listing.js';

/** What upstream says of a file that was taken from a host. */
export interface IsolatedFileState {
  /** It counts as isolated on its way there, and as restored on its way back. */
  readonly isolated: boolean;
  /** The agent on the host has yet to do it. */
  readonly underWay: boolean;
}

const STATES: Readonly<Record<string, IsolatedFileState>> = {
  isolated: { isolated: true, underWay: false },
  isolating: { isolated: true, underWay: true },
  restored: { isolated: false, underWay: false },
  restoring: { isolated: false, underWay: true },
};

/** Contract 2.8.1; undefined for a word that is not there, or none. */
export function isolatedFileState({ isolation_status: state }: ListedRow): IsolatedFileState | undefined {
  return typeof state === 'string' && Object.hasOwn(STATES, state) ? STATES[state] : undefined;
}
