import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { CONFIG, type Config, type ProjectConfig } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import type { ExchangeTrace, Fault } from '../domain/outcome.js';
import { classify, type Reading } from './classify.js';
import { TokenCache, TokenError, type Token } from './iam-token.js';
import { decide, LEAST_TIME_FOR_AN_ATTEMPT_MS } from './retry.js';
import { Transport } from './transport.js';
import { targetOf, type UpstreamCall } from './upstream-call.js';
import { faultOf, OUT_OF_TIME, type ErrorRow } from './upstream.errors.js';

/** What came of a call. Faults of upstream are results, not exceptions. */
export type UpstreamResult =
  | { readonly outcome: 'applied'; readonly body: string; readonly exchange: ExchangeTrace }
  | {
      readonly outcome: 'rejected' | 'not_attempted' | 'unknown';
      readonly fault: Fault;
      readonly exchange: ExchangeTrace;
      /** Whether the next call may fare better: upstream refused this one, it is not down. */
      readonly goOn: boolean;
    };

const MAX_ANSWER_BYTES = 1_048_576;

/** What is known of a call while it runs. */
interface Progress {
  readonly startedAt: number;
  attempts: number;
  bytesSent: boolean;
  /** An attempt may have been carried out although nobody said so. */
  inDoubt: boolean;
  tokenRenewed: boolean;
  status: number | undefined;
  requestId: string | undefined;
}

/** The only way to the cloud. */
@Injectable()
export class UpstreamClient implements OnApplicationShutdown {
  readonly #tokens: ReadonlyMap<string, TokenCache>;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly transport: Transport,
    private readonly clock: Clock,
  ) {
    const cacheOf = (project: ProjectConfig) => new TokenCache(project, transport, clock);
    this.#tokens = new Map([...config.projects.values()].map((project) => [project.name, cacheOf(project)]));
  }

  /** Sends one call: token, transport, and again where that is safe, within the caller's deadline. */
  async send(call: UpstreamCall, context: CallContext): Promise<UpstreamResult> {
    const progress: Progress = {
      startedAt: this.clock.now(),
      attempts: 0,
      bytesSent: false,
      inDoubt: false,
      tokenRenewed: false,
      status: undefined,
      requestId: undefined,
    };
    const tokens = this.#tokensOf(call.project);
    for (;;) {
      const token = await tokens.get().catch((error: unknown) => faultFrom(error));
      if (!('value' in token)) return this.#failed(progress, token, 'not_done');
      if (context.deadlineAt - this.clock.now() < LEAST_TIME_FOR_AN_ATTEMPT_MS) {
        return this.#failed(progress, faultOf(OUT_OF_TIME, {}), 'not_done');
      }
      const reading = await this.#attempt(call, context, token, progress);
      if (reading.ok) return { outcome: 'applied', body: reading.body, exchange: this.#trace(progress) };
      const { row, retryAfterMs } = reading;
      if (row.verdict === 'unknown') progress.inDoubt = true;
      const decision = decide({
        ...progress,
        verdict: row.verdict,
        repeatable: call.repeatable,
        maxAttempts: this.config.upstream.maxAttempts,
        remainingMs: context.deadlineAt - this.clock.now(),
        chance: Math.random(),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      });
      if (decision.then === 'stop') return this.#failed(progress, faultOfReading(reading), row.verdict);
      if (decision.then === 'retry') await this.clock.wait(decision.afterMs);
      else {
        tokens.reject(token);
        progress.tokenRenewed = true;
        progress.attempts -= 1;
      }
    }
  }

  /** Projects whose credentials upstream refuses at the moment. */
  projectsWithoutCredentials(): string[] {
    return [...this.#tokens].filter(([, tokens]) => !tokens.available).map(([name]) => name);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.transport.close();
  }

  #tokensOf(project: ProjectConfig): TokenCache {
    const tokens = this.#tokens.get(project.name);
    if (!tokens) throw new Error(`no credentials for project ${project.name}`);
    return tokens;
  }

  async #attempt(
    call: UpstreamCall,
    context: CallContext,
    token: Token,
    progress: Progress,
  ): Promise<Reading> {
    progress.attempts += 1;
    const exchange = await this.transport.exchange({
      origin: call.project.hssEndpoint,
      method: call.method,
      target: targetOf(call),
      headers: headersFor(call, context, token),
      timeoutMs: Math.min(this.config.upstream.attemptTimeoutMs, context.deadlineAt - this.clock.now()),
      maxAnswerBytes: MAX_ANSWER_BYTES,
      ...(call.body !== undefined && { body: call.body }),
    });
    const reading = classify(exchange, 200, this.clock.now());
    progress.bytesSent ||= exchange.reached !== 'not_sent';
    progress.status = exchange.reached === 'answered' ? exchange.status : undefined;
    progress.requestId = reading.requestId;
    return reading;
  }

  #failed(progress: Progress, fault: Fault, verdict: ErrorRow['verdict']): UpstreamResult {
    const exchange = this.#trace(progress);
    // A later attempt that was refused or never left says nothing about an earlier one that may have been carried out.
    if (verdict === 'unknown' || progress.inDoubt) {
      return { outcome: 'unknown', fault: { ...fault, retryable: false }, exchange, goOn: false };
    }
    const outcome = progress.bytesSent ? 'rejected' : 'not_attempted';
    return { outcome, fault, exchange, goOn: verdict === 'refused' };
  }

  #trace({ startedAt, attempts, bytesSent, status, requestId }: Progress): ExchangeTrace {
    return {
      attempts,
      bytesSent,
      durationMs: Math.max(0, this.clock.now() - startedAt),
      ...(status !== undefined && { status }),
      ...(requestId !== undefined && { requestId }),
    };
  }
}

/** Upstream's headers, made from nothing by this list: no header of the caller's ever passes. */
function headersFor(call: UpstreamCall, context: CallContext, token: Token): Record<string, string> {
  return {
    'X-Auth-Token': token.value,
    region: call.project.region,
    'X-Request-Id': context.requestId,
    ...(call.body !== undefined && { 'Content-Type': 'application/json' }),
  };
}

function faultFrom(error: unknown): Fault {
  if (error instanceof TokenError) return error.fault;
  throw error;
}

function faultOfReading(reading: Extract<Reading, { ok: false }>): Fault {
  const { row, upstreamCode: code, requestId, retryAfterMs } = reading;
  return faultOf(
    row,
    { ...(code !== undefined && { code }), ...(requestId !== undefined && { requestId }) },
    retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000),
  );
}
