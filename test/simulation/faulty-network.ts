import type { Clock } from '../../src/domain/times.js';
import { Transport, type Exchange, type WireRequest } from '../../src/upstream/transport.js';
import { splitTarget } from '../../src/simulator/exchange.js';
import type { Cloud } from '../../src/simulator/server.js';
import type { SeededRandom } from './seeded-random.js';

/**
 * What may happen to one exchange. `effect` is when upstream carries the request out: milliseconds later, or never; or it carries
 * out what is asked for the first alarm only.
 */
interface Mishap {
  readonly name: string;
  readonly effect: number | 'never' | 'first';
  readonly exchange: (request: WireRequest, clock: Clock) => Promise<Exchange>;
}

const lost =
  (cause: string, afterMs: number): Mishap['exchange'] =>
  async (_, clock) => {
    await clock.wait(afterMs);
    return { reached: 'sent', cause };
  };

const timedOut: Mishap['exchange'] = async ({ timeoutMs }, clock) => {
  await clock.wait(timeoutMs);
  return { reached: 'sent', cause: 'timeout' };
};

const answered =
  (status: number, body: string, headers: Record<string, string> = {}): Mishap['exchange'] =>
  async (_, clock) => {
    await clock.wait(5);
    return { reached: 'answered', status, headers, body };
  };

const refused = (code: string, status = 400) =>
  answered(status, JSON.stringify({ error_code: code, error_msg: 'no' }));

/** Upstream goes on for less than the quiet time after it stopped answering, as the gateway's settings promise. */
const LATEST_EFFECT_MS = 15_000;
const NOT_REACHED = 'not reached';

function mishaps(random: SeededRandom): Mishap[] {
  const late = random.below(LATEST_EFFECT_MS);
  const soon = 1 + random.below(1_000);
  return [
    {
      name: NOT_REACHED,
      effect: 'never',
      exchange: () => Promise.resolve({ reached: 'not_sent', cause: 'ECONNREFUSED' }),
    },
    { name: 'reset before the effect', effect: 'never', exchange: lost('ECONNRESET', 10) },
    { name: 'reset after the effect', effect: 0, exchange: lost('ECONNRESET', 10) },
    { name: 'reset, done soon after', effect: soon, exchange: lost('ECONNRESET', 10) },
    { name: 'reset, done late', effect: late, exchange: lost('ECONNRESET', 10) },
    { name: 'timeout, never done', effect: 'never', exchange: timedOut },
    { name: 'timeout, done at once', effect: 0, exchange: timedOut },
    { name: 'timeout, done late', effect: late, exchange: timedOut },
    { name: '502, not done', effect: 'never', exchange: answered(502, '<html>') },
    { name: '502, done', effect: 0, exchange: answered(502, '<html>') },
    { name: '502, done soon after', effect: soon, exchange: answered(502, '<html>') },
    { name: '503 without a code, done soon after', effect: soon, exchange: answered(503, '<html>') },
    { name: '504, done late', effect: late, exchange: answered(504, '<html>') },
    { name: '500 with a code', effect: 'never', exchange: refused('APIGW.0601', 500) },
    { name: '500 with a code, done soon after', effect: soon, exchange: refused('APIGW.0601', 500) },
    { name: 'IAM unavailable behind the gateway', effect: 'never', exchange: refused('APIGW.0613', 503) },
    {
      name: 'throttled',
      effect: 'never',
      exchange: answered(429, '{"error_code":"APIGW.0308"}', { 'retry-after': '1' }),
    },
    { name: 'agent offline', effect: 'never', exchange: refused('HSS.1007') },
    { name: 'agent of one host offline, the first one done', effect: 'first', exchange: refused('HSS.1007') },
    { name: 'token to be renewed', effect: 'never', exchange: refused('APIGW.0307', 401) },
    { name: 'a refusal inside a 200', effect: 'never', exchange: answered(200, '{"error_code":"HSS.0011"}') },
    { name: 'no answer inside a 200, done', effect: 0, exchange: answered(200, '[]') },
    { name: 'no answer inside a 200, not done', effect: 'never', exchange: answered(200, 'null') },
    { name: 'an answer cut short', effect: 0, exchange: lost('UND_ERR_SOCKET', 20) },
    { name: 'an answer cut short, done soon after', effect: soon, exchange: lost('UND_ERR_SOCKET', 20) },
  ];
}

const REFUSALS: ReadonlySet<string> = new Set([
  'agent offline',
  'agent of one host offline, the first one done',
  'token to be renewed',
  'a refusal inside a 200',
]);

/** One request that upstream carried out. */
interface Done {
  /** The gateway's own id of it. */
  readonly requestId: string;
  /** By the monotonic clock. */
  readonly at: number;
}

/** The simulated cloud behind a network that a seed decides about. */
export class FaultyNetwork extends Transport {
  #requests = 0;
  readonly told: string[] = [];
  /** By the id that upstream gave it. */
  readonly done = new Map<string, Done>();

  constructor(
    private readonly cloud: Cloud,
    private readonly clock: Clock,
    private readonly random: SeededRandom,
    private readonly plan: { readonly until: number; readonly faultShare: number },
  ) {
    super();
  }

  async exchange(request: WireRequest): Promise<Exchange> {
    const mishap = this.#mishap(request);
    if (!mishap) {
      request.beforeSending?.();
      await this.clock.wait(this.random.below(40));
      return this.#dispatch(request);
    }
    this.told.push(`${this.clock.monotonic()} ${request.method} ${request.target}: ${mishap.name}`);
    const { effect } = mishap;
    if (mishap.name !== NOT_REACHED) request.beforeSending?.();
    const first = effect === 'first' ? firstOfSeveral(request) : undefined;
    if (first) this.#dispatch(first);
    else if (effect === 0) this.#dispatch(request);
    else if (typeof effect === 'number') this.clock.schedule(effect, () => void this.#dispatch(request));
    return mishap.exchange(request, this.clock);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #mishap({ target }: WireRequest): Mishap | undefined {
    const over = this.clock.monotonic() >= this.plan.until;
    if (over || this.random.next() >= this.plan.faultShare) return undefined;
    const mishap = this.random.pick(mishaps(this.random));
    // A login that is refused keeps the gateway from reading for longer than a run lasts; that has tests of its own.
    const refusesLogin = target.startsWith('/v3/auth/tokens') && REFUSALS.has(mishap.name);
    return refusesLogin ? undefined : mishap;
  }

  #dispatch(request: WireRequest): Exchange {
    this.#requests += 1;
    const requestId = `upstream-${this.#requests}`;
    this.done.set(requestId, {
      requestId: request.headers['X-Request-Id'] ?? '',
      at: this.clock.monotonic(),
    });
    const answer = this.cloud.dispatch({
      method: request.method,
      url: request.target,
      ...splitTarget(request.target),
      rawHeaders: Object.entries(request.headers),
      body: Buffer.from(request.body ?? ''),
      requestId,
    });
    const headers = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      reached: 'answered',
      status: answer.status,
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: answer.body,
    };
  }
}

/** What upstream carries out of a call before it refuses the rest; undefined where it asks for one thing only. */
function firstOfSeveral(request: WireRequest): WireRequest | undefined {
  const body = JSON.parse(request.body ?? '{}') as { operate_event_list?: unknown[] };
  const { operate_event_list: list = [] } = body;
  if (list.length < 2) return undefined;
  return { ...request, body: JSON.stringify({ ...body, operate_event_list: list.slice(0, 1) }) };
}
