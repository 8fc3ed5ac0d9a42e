import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

import { CONFIG, type Config, type ProjectConfig } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Clock, wholeSeconds } from '../domain/times.js';
import type { ExchangeTrace, Fault } from '../domain/outcome.js';
import { Random } from '../domain/ports.js';
import { Metrics } from '../metrics/metrics.js';
import {
  AuthenticationError,
  type Authenticator,
  type Proof,
  type Trouble,
  type UnprovenRequest,
} from './authentication/authenticator.js';
import { authenticatorsOf } from './authentication/authenticators.js';
import { ACTED, ACTED_AND_SAID, classify, READ, type Reading } from './classify.js';
import { faultOf, HELD, OUT_OF_TIME, UNREADABLE, type Verdict } from './error-table.js';
import { ProjectGate, type Held, type Pass } from './gate.js';
import { backoff, decide, MIN_TIME_FOR_AN_ATTEMPT_MS, type Situation } from './retry.js';
import { targetOf, Transport } from './transport.js';
import type { UpstreamCall } from './upstream-call.js';

/** What came of a call. Faults of upstream are results, not exceptions. */
export type UpstreamResult =
  | { readonly outcome: 'applied'; readonly body: string; readonly exchange: ExchangeTrace }
  | {
      readonly outcome: 'rejected' | 'not_attempted' | 'unknown';
      readonly fault: Fault;
      readonly exchange: ExchangeTrace;
      /** Whether the next call may fare better: upstream refused this one, it is not down. */
      readonly goOn: boolean;
      /** Upstream refused it for the sake of one of its alarms, perhaps, and may have carried out others. */
      readonly ofOne?: true;
    };

/** A request as it would be sent. */
export interface PreviewedRequest {
  readonly method: string;
  readonly url: string;
  /** What proves the gateway's identity is masked. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const MAX_ANSWER_BYTES = 16_777_216;
const MASK = '***';
/** What is left of the deadline for writing down the outcome and answering. */
const RESERVE_MS = 50;

/** What is known of a call while it runs. */
class Progress {
  attempts = 0;
  /** Exchanges that were made again with a new token; they do not count as attempts, but they were sent. */
  replays = 0;
  bytesSent = false;
  /** What went wrong with an attempt that may have been carried out. */
  doubt: Fault | undefined;
  tokenRenewed = false;
  /** What retries took from the quota. */
  spent = 0;
  status: number | undefined;
  requestId: string | undefined;
  /** Its caller gave the last attempt less time than upstream is given, and that was over. */
  abandoned = false;

  constructor(
    readonly startedAt: number,
    readonly beforeSending?: () => void,
  ) {}
}

/** The only way to the cloud. */
@Injectable()
export class UpstreamClient implements OnApplicationShutdown {
  readonly #authenticators: ReadonlyMap<string, Authenticator>;
  readonly #gates: ReadonlyMap<string, ProjectGate>;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly metrics: Metrics,
  ) {
    const projects = [...config.projects.values()];
    const log = new Logger('Credentials');
    const dependencies = { transport, clock, random: () => random.next(), log };
    this.#authenticators = authenticatorsOf(projects, dependencies);
    this.#gates = new Map(
      projects.map((project) => [project.name, new ProjectGate(config.upstream.connections, clock)]),
    );
  }

  /**
   * Sends one call: proof of identity, turn, transport, and again where that is safe, within the caller's deadline.
   *
   * @param beforeSending called right before the first byte of an attempt leaves; when it throws, none does
   */
  async send(call: UpstreamCall, context: CallContext, beforeSending?: () => void): Promise<UpstreamResult> {
    const progress = new Progress(this.clock.monotonic(), beforeSending);
    const authenticator = of(this.#authenticators, call.project);
    const gate = of(this.#gates, call.project);
    const request = requestOf(call, context);
    for (;;) {
      const proof = await authenticator.prove(request, context.deadlineAt).catch(faultFrom);
      if (!('headers' in proof)) return this.#failed(progress, proof, 'not_done');
      if (context.deadlineAt - this.clock.monotonic() < MIN_TIME_FOR_AN_ATTEMPT_MS) {
        return this.#failed(progress, faultOf(OUT_OF_TIME), 'not_done');
      }
      const entry = await gate.enter(call.priority, context.deadlineAt);
      if ('held' in entry)
        return this.#failed(progress, heldFault(entry.held, entry.retryAfterMs), 'not_done');
      const reading = await this.#attempt(call, context, proof, progress, entry.pass);
      if (reading.ok || reading.row.verdict === 'refused') authenticator.accept(proof);
      if (reading.ok) {
        gate.quota.succeeded(progress.spent);
        return { outcome: 'applied', body: reading.body, exchange: this.#trace(progress) };
      }
      const situation = this.#situation(call, context, progress, reading);
      const { verdict } = reading.row;
      const fault = faultOfReading(reading, verdict === 'throttled' ? backoff(situation) : undefined);
      // Whether or not this call goes on, others should not meet the same.
      if (verdict === 'throttled') gate.coolDown(backoff(situation));
      const decision = decide(situation);
      if (decision.then === 'stop') return this.#failed(progress, fault, verdict, reading.row.ofOne);
      if (decision.then === 'renew_token') {
        if ((await authenticator.reject(proof)) === 'final') return this.#failed(progress, fault, verdict);
        progress.tokenRenewed = true;
        progress.attempts -= 1;
        progress.replays += 1;
        continue;
      }
      const cost = gate.quota.payFor(verdict);
      if (cost === undefined) return this.#failed(progress, fault, verdict);
      progress.spent += cost;
      await this.clock.wait(decision.afterMs);
    }
  }

  /** The request that a call would be sent as, its proof of identity masked. Nothing is sent. */
  preview(call: UpstreamCall, context: CallContext): PreviewedRequest {
    const { project, method, body } = call;
    const proof =
      project.credentials.kind === 'password'
        ? { 'X-Auth-Token': MASK }
        : { 'X-Sdk-Date': MASK, Authorization: MASK };
    const headers = { ...requestOf(call, context).headers, ...proof };
    return { method, url: project.hssEndpoint + targetOf(call), headers, body: body?.text ?? '' };
  }

  /** The IAM id of a project, looked up where the configuration gives none; a fault says why it is not known. */
  projectId(project: ProjectConfig, context: CallContext): Promise<string | Fault> {
    return of(this.#authenticators, project).projectId(context.deadlineAt).catch(faultFrom);
  }

  /** Of every project, why it has no credential at the moment; undefined where it has one or may ask for one. */
  troubles(): ReadonlyMap<string, Trouble | undefined> {
    return new Map([...this.#authenticators].map(([name, { trouble }]) => [name, trouble]));
  }

  /** What all requests to one project share, for the metrics. */
  get gates(): ReadonlyMap<string, ProjectGate> {
    return this.#gates;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.transport.close();
  }

  /** One attempt, reported to the gate that let it pass. */
  async #attempt(
    call: UpstreamCall,
    context: CallContext,
    proof: Proof,
    progress: Progress,
    pass: Pass,
  ): Promise<Reading> {
    let result: Verdict | 'ok' | 'abandoned' = 'unknown';
    try {
      const reading = await this.#exchange(call, context, proof, progress);
      // One that answers, even with something unreadable, is not down.
      result = reading.ok || reading.row === UNREADABLE ? 'ok' : reading.row.verdict;
      // Nobody who asks for answers in no time can make upstream pass for being down.
      if (progress.abandoned) result = 'abandoned';
      return reading;
    } finally {
      pass.done(result);
    }
  }

  async #exchange(
    call: UpstreamCall,
    context: CallContext,
    proof: Proof,
    progress: Progress,
  ): Promise<Reading> {
    progress.attempts += 1;
    const { attemptTimeoutMs, deadlineMs } = this.config.upstream;
    const now = this.clock.monotonic();
    const timeoutFor = (deadlineAt: number) =>
      Math.max(1, Math.min(attemptTimeoutMs, deadlineAt - RESERVE_MS - now));
    const timeoutMs = timeoutFor(context.deadlineAt);
    const exchange = await this.transport.exchange({
      origin: call.project.hssEndpoint,
      method: call.method,
      target: targetOf(call),
      headers: proof.headers,
      timeoutMs,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      body: call.body?.text,
      beforeSending: progress.beforeSending,
    });
    const isCutShort = timeoutMs < timeoutFor(context.receivedAt + deadlineMs);
    progress.abandoned = isCutShort && exchange.reached !== 'answered' && exchange.cause === 'timeout';
    const success = call.method === 'GET' ? READ : call.saysWhatItDid ? ACTED_AND_SAID : ACTED;
    const reading = classify(exchange, success, secretsIn(proof), call.errors);
    progress.bytesSent ||= exchange.reached !== 'not_sent';
    progress.status = exchange.reached === 'answered' ? exchange.status : undefined;
    progress.requestId = reading.said.requestId;
    if (!reading.ok && reading.row.verdict === 'unknown') progress.doubt = faultOfReading(reading);
    const project = call.project.name;
    this.metrics.attempts.inc({ project, call: call.name, result: reading.ok ? 'ok' : reading.row.verdict });
    if (progress.attempts > 1) this.metrics.retries.inc({ project });
    return reading;
  }

  #situation(
    call: UpstreamCall,
    context: CallContext,
    { attempts, tokenRenewed }: Progress,
    reading: Extract<Reading, { ok: false }>,
  ): Situation {
    return {
      verdict: reading.row.verdict,
      repeatable: call.repeatable,
      attempts,
      tokenRenewed,
      maxAttempts: this.config.upstream.maxAttempts,
      remainingMs: context.deadlineAt - this.clock.monotonic(),
      chance: this.random.next(),
      ...(reading.retryAfterMs !== undefined && { retryAfterMs: reading.retryAfterMs }),
    };
  }

  #failed(progress: Progress, fault: Fault, verdict: Verdict, ofOne = false): UpstreamResult {
    const exchange = this.#trace(progress);
    // A later attempt that was refused or never left says nothing about an earlier one that may have been carried out: that
    // nothing was done, for instance, is not true of the whole.
    const doubt = verdict === 'unknown' ? fault : progress.doubt;
    if (doubt) return { outcome: 'unknown', fault: { ...doubt, retryable: false }, exchange, goOn: false };
    const outcome = progress.bytesSent ? 'rejected' : 'not_attempted';
    return { outcome, fault, exchange, goOn: verdict === 'refused', ...(ofOne && { ofOne: true as const }) };
  }

  #trace({ startedAt, attempts, replays, bytesSent, status, requestId }: Progress): ExchangeTrace {
    const trace: { -readonly [Member in keyof ExchangeTrace]: ExchangeTrace[Member] } = {
      attempts: attempts + replays,
      bytesSent,
      durationMs: Math.max(0, Math.round(this.clock.monotonic() - startedAt)),
    };
    if (status !== undefined) trace.status = status;
    if (requestId !== undefined) trace.requestId = requestId;
    return trace;
  }
}

function of<T>(parts: ReadonlyMap<string, T>, project: ProjectConfig): T {
  const part = parts.get(project.name);
  if (part === undefined) throw new Error(`project ${project.name} is not configured`);
  return part;
}

/** Upstream's headers are made from nothing by this list, and the proof is added: no header of the caller's ever passes. */
function requestOf(call: UpstreamCall, { requestId }: CallContext): UnprovenRequest {
  const { project, method, path, query, body } = call;
  const headers: Record<string, string> = { region: project.region, 'X-Request-Id': requestId };
  if (body) headers['Content-Type'] = 'application/json';
  return { method, origin: project.hssEndpoint, path, query, headers, body: body?.text };
}

function faultFrom(error: unknown): Fault {
  if (error instanceof AuthenticationError) return error.fault;
  throw error;
}

/** What proves our identity: no message of upstream's may repeat it. */
function secretsIn({ headers }: Proof): string[] {
  return [headers['X-Auth-Token'], headers['X-Security-Token']].flatMap((secret) => secret ?? []);
}

function heldFault(held: Held, retryAfterMs: number): Fault {
  return faultOf(HELD[held], {}, wholeSeconds(retryAfterMs));
}

/** @param waitMs how long to wait where upstream does not say */
function faultOfReading(reading: Extract<Reading, { ok: false }>, waitMs?: number): Fault {
  const { row, said, retryAfterMs = waitMs } = reading;
  return faultOf(row, said, retryAfterMs === undefined ? undefined : wholeSeconds(retryAfterMs));
}
