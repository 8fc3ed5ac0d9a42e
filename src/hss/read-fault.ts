import type { Fault } from '../domain/outcome.js';
import { documentedFaults } from './documented-faults.js';
import { faultOf, UNREADABLE } from './upstream.errors.js';

/** What a fault means for a call that only reads; what is not listed here is true of reading as it stands. */
const WORDS: Readonly<Record<string, string>> = {
  upstream_unanswered:
    'Upstream was asked and gave no complete answer. Nothing was done; try again, or ask for less.',
  upstream_unreadable:
    'Upstream answered something that is not its documented answer, so what it has is not known. Nothing was done; try again later.',
  upstream_failed: 'Upstream failed while it was asked. Nothing was done; try again later.',
  upstream_refused: 'Upstream refused to be read.',
  upstream_permission_denied:
    "Upstream refuses the gateway's account here: it lacks the permission hss:event:get, or a right on this enterprise project. Name an enterprise project that the account may use, or have the right granted.",
};

/** Statuses that tell of the state of a host or an alarm: reading does not depend on it, so they mean a plain no. */
const ABOUT_THE_ACT: ReadonlySet<number> = new Set([404, 409, 413]);
const REFUSED = { code: 'upstream_refused', status: 502, retryable: false };

/** Reading again can help and does no harm. */
const LOST: ReadonlySet<string> = new Set(['upstream_unanswered', 'upstream_unreadable', 'upstream_failed']);

/**
 * The fault of a call that only reads, in words that are true of one: whatever became of it, nothing was done, and where its
 * answer was lost it may be sent again.
 */
export function faultOfRead(fault: Fault): Fault {
  const { code, status, retryable } = ABOUT_THE_ACT.has(fault.status) ? REFUSED : fault;
  const upstreamCode = fault.upstream?.code;
  const told = upstreamCode === undefined ? '' : ` (upstream: ${upstreamCode})`;
  const words = WORDS[code];
  const detail = words === undefined ? fault.detail : words + told;
  return { ...fault, code, status, detail, retryable: retryable || LOST.has(code) };
}

/** Of a reading call that was answered with something else than what it asks for. */
export const UNREADABLE_READ: Fault = faultOfRead(faultOf(UNREADABLE, {}));

/** One fault for each code that a call which only reads can end in, for the document. */
export function documentedReadFaults(requestId: string): Fault[] {
  const faults = documentedFaults(requestId).map(({ fault }) => faultOfRead(fault));
  return [...new Map(faults.map((fault) => [`${fault.status} ${fault.code}`, fault])).values()];
}
