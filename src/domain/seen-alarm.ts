import type { Severity } from './upstream-words.js';

/**
 * What upstream listed of an alarm when the gateway read it; what it left out is absent. All texts are safe to keep and to show:
 * printable, bounded, without what looks like a secret.
 */
export interface SeenAlarm {
  /** What happened, in upstream's words. */
  readonly name?: string;
  readonly severity?: Severity;
  readonly host?: SeenHost;
  /** Id of the agent on the host; absent also where the alarm's details name several. */
  readonly agentId?: string;
}

/** Where an alarm happened. */
export interface SeenHost {
  readonly id?: string;
  readonly name?: string;
  readonly privateIp?: string;
  readonly publicIp?: string;
}
