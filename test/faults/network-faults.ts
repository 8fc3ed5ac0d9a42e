/**
 * What may befall a connection: the six faults that networks are tested with, a port that nobody listens at, and latency beyond
 * the time of an attempt.
 */
export type NetworkFault =
  'latency' | 'timeout' | 'slicing' | 'reset' | 'truncated' | 'slow_close' | 'refused' | 'late';

/**
 * - `before_send`: the connection never becomes ready
 * - `during_send`: the request comes to grief on its way
 * - `after_send`: the answer does
 */
export type Phase = 'before_send' | 'during_send' | 'after_send';

/** What a line does to operate calls. */
export interface Plan {
  readonly phase: Phase;
  readonly fault: NetworkFault;
  /** Whether upstream gets the whole request, and so carries it out, be it late. */
  readonly reaches: boolean;
  /** It carries it out some time after the line broke. */
  readonly acts?: 'later';
  readonly times: 'once' | 'always';
}

/** Faults that leave an exchange whole, only slower. */
const HARMLESS: ReadonlySet<NetworkFault> = new Set(['latency', 'slicing']);
/** After which nobody can tell whether upstream is still at it. */
const SILENT: ReadonlySet<NetworkFault> = new Set(['timeout', 'late']);

export function isHarmless({ phase, fault, reaches, acts }: Plan): boolean {
  if (phase === 'before_send') return false;
  // An answer that ends with its connection is whole when the connection has ended.
  return HARMLESS.has(fault) || (phase === 'after_send' && fault === 'slow_close' && reaches && !acts);
}
export const isSilent = ({ fault }: Plan): boolean => SILENT.has(fault);

const BEFORE: readonly NetworkFault[] = [
  'latency',
  'timeout',
  'slicing',
  'reset',
  'truncated',
  'slow_close',
  'refused',
];
const DURING: readonly NetworkFault[] = [
  'latency',
  'timeout',
  'slicing',
  'reset',
  'truncated',
  'slow_close',
  'late',
];

const plans = (phase: Phase, fault: NetworkFault, reaches: boolean): Plan[] =>
  HARMLESS.has(fault) || phase === 'before_send'
    ? [{ phase, fault, reaches, times: 'always' }]
    : (['once', 'always'] as const).map((times) => ({ phase, fault, reaches, times }));

/** Every fault in every phase, with and without effect where both can be, once and always where that differs. */
export const PLANS: readonly Plan[] = [
  ...BEFORE.flatMap((fault) => plans('before_send', fault, false)),
  ...DURING.flatMap((fault) => plans('during_send', fault, HARMLESS.has(fault) || fault === 'late')),
  ...DURING.flatMap((fault) => plans('after_send', fault, true)),
  ...(['timeout', 'reset', 'truncated', 'slow_close'] as const).flatMap((fault) =>
    plans('after_send', fault, false),
  ),
  ...(['reset', 'truncated', 'slow_close'] as const).flatMap((fault) =>
    plans('after_send', fault, true).map((plan): Plan => ({ ...plan, acts: 'later' })),
  ),
];

export const nameOf = ({ phase, fault, reaches, acts, times }: Plan): string =>
  [phase, fault, acts ?? (reaches ? 'reaching' : 'lost'), times].join('-');
