import type { Fault } from '../domain/outcome.js';

/** What a fault means for a call that changes one of upstream's lists; what is not listed here is true of it as it stands. */
const WORDS: Readonly<Record<string, Pick<Fault, 'code' | 'detail'>>> = {
  alarm_not_found: {
    code: 'item_not_found',
    detail:
      'Upstream does not know an item of this request, so it did nothing for any of them. Read the list again: the item may be gone, or in another enterprise project.',
  },
  upstream_unanswered: {
    code: 'upstream_unanswered',
    detail:
      'The request was sent and no complete answer came: whether it was done is not known. Look at the list before trying again.',
  },
};

/** The fault of a call that changes a list, in words that are true of one. */
export function faultOfItems(fault: Fault): Fault {
  const words = Object.hasOwn(WORDS, fault.code) ? WORDS[fault.code] : undefined;
  if (!words) return fault;
  const told = fault.upstream?.code === undefined ? '' : ` (upstream: ${fault.upstream.code})`;
  return { ...fault, code: words.code, detail: words.detail + told };
}
