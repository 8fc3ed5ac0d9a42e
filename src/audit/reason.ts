import { wordsFor } from './embedded.check.js';

/** Why something failed, outermost first. */
export function reasonOf(error: unknown): string {
  const reasons: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) reasons.push(wordsFor(each));
  return reasons.join(': ') || String(error);
}
