import type { ChunkOutcome } from '../domain/outcome.js';

/** What became of whitelist rules of a caller's own, which travel with the first chunk. */
export const RULES_OUTCOMES = ['applied', 'rejected', 'not_attempted', 'unknown', 'pending'] as const;
export type RulesOutcome = (typeof RULES_OUTCOMES)[number];

/** Upstream's lists do not show rules as they were sent, so only its answer tells. */
export function rulesOutcome(first: ChunkOutcome | undefined): RulesOutcome {
  if (!first) return 'pending';
  if (first.refused) return 'unknown';
  if (first.outcome === 'rejected' || first.outcome === 'not_attempted') return first.outcome;
  return first.outcome === 'applied' && first.exchange?.status === 200 ? 'applied' : 'unknown';
}
