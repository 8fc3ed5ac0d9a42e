import type { ProjectConfig } from '../../config/config.js';
import { classify, type Reading } from '../classify.js';
import { targetOf } from '../upstream-call.js';
import { errorRow, faultOf, type ErrorRow } from '../upstream.errors.js';
import { LOOKUP_FAILED, LOOKUP_REFUSED, NO_SUCH_PROJECT, SEVERAL_PROJECTS } from './authentication.errors.js';
import { AuthenticationError, type Proof, type UnprovenRequest } from './authenticator.js';
import { ExpiringValue, type Expiring } from './expiring-value.js';
import { IAM_TIMEOUT_MS, MAX_IAM_ANSWER_BYTES } from './iam-exchange.js';
import type { KeyProver } from './key-prover.js';
import { Refusals } from './refusals.js';
import type { Surroundings } from './surroundings.js';
import { isProjectId } from './token-request.js';

/** After an answer that asking again at once would not change, IAM is left alone for a while. */
const WAITS_MS = [5_000, 60_000] as const;

interface Found extends Expiring {
  readonly id: string;
}

interface Exchanged {
  readonly reading: Reading;
  readonly proof: Proof;
}

/** The id of a region's own project, by the region's name (contract 3.2). Only ever reads: IAM is not asked to create one. */
export class ProjectLookup {
  readonly #found: ExpiringValue<Found>;
  readonly #refusals: Refusals;
  #failure: AuthenticationError | undefined;

  constructor(
    private readonly project: ProjectConfig,
    private readonly prover: KeyProver,
    private readonly surroundings: Surroundings,
  ) {
    const { clock } = surroundings;
    this.#refusals = new Refusals(WAITS_MS, clock);
    // A project keeps its id.
    this.#found = new ExpiringValue({ fetch: () => this.#fetch(), refreshAt: () => Infinity }, clock);
  }

  /** @throws AuthenticationError */
  async get(deadlineAt: number): Promise<string> {
    return (await this.#found.get(deadlineAt)).value.id;
  }

  async #fetch(): Promise<Found> {
    const { waitMs } = this.#refusals;
    if (waitMs > 0 && this.#failure) {
      throw new AuthenticationError({ ...this.#failure.fault, retryAfter: Math.ceil(waitMs / 1_000) });
    }
    let exchanged = await this.#exchange();
    if (isUnauthenticated(exchanged) && (await this.prover.reject(exchanged.proof)) !== 'final') {
      exchanged = await this.#exchange();
    }
    const { reading } = exchanged;
    if (!reading.ok) throw this.#failureOf(reading);
    const [id, ...others] = idsIn(reading.body, this.project.region);
    if (id === undefined) throw this.#leftAlone(NO_SUCH_PROJECT, reading);
    if (others.length > 0) throw this.#leftAlone(SEVERAL_PROJECTS, reading);
    return { id, expiresAt: Infinity };
  }

  async #exchange(): Promise<Exchanged> {
    const { transport, clock } = this.surroundings;
    const { region, iamEndpoint: origin } = this.project;
    const query = [['name', region]] as const;
    const request: UnprovenRequest = { method: 'GET', origin, path: '/v3/projects', query, headers: {} };
    const proof = await this.prover.prove(request, clock.monotonic() + IAM_TIMEOUT_MS);
    const exchange = await transport.exchange({
      origin,
      method: 'GET',
      target: targetOf(request),
      headers: proof.headers,
      timeoutMs: IAM_TIMEOUT_MS,
      maxAnswerBytes: MAX_IAM_ANSWER_BYTES,
    });
    const reading = classify(exchange, 200, clock.now());
    if (reading.ok) this.prover.accept(proof);
    return { reading, proof };
  }

  #failureOf(reading: Extract<Reading, { ok: false }>): AuthenticationError {
    const { row, retryAfterMs } = reading;
    // The prover keeps count of refused keys.
    if (row.verdict === 'unauthenticated')
      return new AuthenticationError(faultOf(errorRow('APIGW.0301', 401), wordsOf(reading)), true);
    if (row.verdict === 'refused') return this.#leftAlone(LOOKUP_REFUSED, reading);
    if (row.verdict === 'throttled') return this.#leftAlone(row, reading, retryAfterMs);
    return new AuthenticationError(faultOf(LOOKUP_FAILED, wordsOf(reading)));
  }

  #leftAlone(row: ErrorRow, reading: Reading, atLeastMs = 0): AuthenticationError {
    this.#refusals.refused();
    this.#refusals.pause(atLeastMs);
    const retryAfter = Math.ceil(this.#refusals.waitMs / 1_000);
    this.#failure = new AuthenticationError(faultOf(row, wordsOf(reading), retryAfter), true);
    const { name: project, region } = this.project;
    this.surroundings.log.warn({ project, region, code: row.code }, row.detail);
    return this.#failure;
  }
}

function isUnauthenticated({ reading }: Exchanged): boolean {
  return !reading.ok && reading.row.verdict === 'unauthenticated';
}

interface ListedProject {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly enabled?: unknown;
}

/** The ids of the enabled projects of an answer. A single one that has another name is not taken for the region's. */
function idsIn(body: string, name: string): string[] {
  const { projects } = ((body === '' ? undefined : JSON.parse(body)) ?? {}) as { projects?: unknown };
  const listed = Array.isArray(projects) ? (projects as (ListedProject | null)[]) : [];
  const enabled = listed.filter((project) => project?.enabled === true && isProjectId(project.id));
  if (enabled.length === 1 && enabled[0]?.name !== name) return [];
  return enabled.map((project) => String(project?.id));
}

function wordsOf(reading: Reading): { code?: string; requestId?: string } {
  const { requestId } = reading;
  const code = reading.ok ? undefined : reading.upstreamCode;
  return { ...(code !== undefined && { code }), ...(requestId !== undefined && { requestId }) };
}
