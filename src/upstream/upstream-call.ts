import type { ProjectConfig } from '../config/config.js';
import type { ErrorTable } from './error-table.js';
import type { Priority } from './gate.js';
import type { Repeatable } from './retry.js';

/** A body as it is recorded and travels, beside the object that it was written from. */
export interface CallBody<Wire = unknown> {
  readonly text: string;
  readonly wire: Wire;
}

/** One call to upstream as data: audit, scope, retry and transport all read the same object. */
export interface UpstreamCall {
  /** Upstream's name of the call. */
  readonly name: string;
  readonly project: ProjectConfig;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path without query, percent-encoded. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly body?: CallBody;
  readonly repeatable: Repeatable;
  readonly priority: Priority;
  /** A success may say what was done, in words that are documented nowhere; absent: a call that acts answers nothing. */
  readonly saysWhatItDid?: true;
  /** What the codes of the service that is called mean, besides those that all of the cloud's services share. */
  readonly errors: ErrorTable;
}
