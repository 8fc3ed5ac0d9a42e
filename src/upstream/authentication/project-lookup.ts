import type { ProjectConfig } from '../../config/config.js';
import { classify, READ, type Reading } from '../classify.js';
import {
  AUTHENTICATION,
  faultOf,
  LOOKUP_FAILED,
  LOOKUP_REFUSED,
  NO_SUCH_PROJECT,
  SEVERAL_PROJECTS,
  type ErrorRow,
} from '../error-table.js';
import { targetOf } from '../transport.js';
import type { KeyProver } from './access-key.js';
import {
  AuthenticationError,
  complain,
  type AuthDependencies,
  type Proof,
  type Trouble,
  type UnprovenRequest,
} from './authenticator.js';
import { ExpiringValue, Refusals, type Expiring } from './expiring-value.js';
import { IAM_TIMEOUT_MS, isProjectId, MAX_IAM_ANSWER_BYTES } from './iam-token.js';

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
    private readonly dependencies: AuthDependencies,
  ) {
    const { clock } = dependencies;
    this.#refusals = new Refusals(WAITS_MS, clock);
    const onFailure = (error: AuthenticationError, waitMs: number) =>
      complain(dependencies.log, this.#owner, error, waitMs, LOOKUP_FAILED.detail);
    // A project keeps its id.
    const source = { fetch: () => this.#fetch(), refreshAt: () => Infinity, onFailure };
    this.#found = new ExpiringValue(source, clock);
  }

  /** Why it is not known, while that is waited out. */
  get trouble(): Trouble | undefined {
    if (this.#found.current) return undefined;
    return this.#refusals.waitMs > 0 ? this.#troubleOfFailure : this.#found.trouble;
  }

  get #troubleOfFailure(): Trouble {
    return this.#failure?.trouble === 'throttled' ? 'throttled' : 'project_unknown';
  }

  get #owner(): object {
    return { project: this.project.name, region: this.project.region };
  }

  /** @throws AuthenticationError */
  async get(deadlineAt: number): Promise<string> {
    return (await this.#found.get(deadlineAt)).value.id;
  }

  async #fetch(): Promise<Found> {
    const { waitMs } = this.#refusals;
    if (waitMs > 0 && this.#failure) throw this.#failure.heldFor(waitMs);
    let exchanged = await this.#exchange();
    if (isUnauthenticated(exchanged) && (await this.prover.reject(exchanged.proof)) !== 'final') {
      exchanged = await this.#exchange();
    }
    const { reading } = exchanged;
    if (!reading.ok) throw this.#failureOf(reading);
    const ids = idsIn(reading.body, this.project.region);
    if (!ids) throw new AuthenticationError(faultOf(LOOKUP_FAILED, reading.said), 'unavailable');
    const [id, ...others] = ids;
    if (id === undefined) throw this.#leftAlone(NO_SUCH_PROJECT, reading);
    if (others.length > 0) throw this.#leftAlone(SEVERAL_PROJECTS, reading);
    return { id, expiresAt: Infinity };
  }

  async #exchange(): Promise<Exchanged> {
    const { transport, clock } = this.dependencies;
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
    const reading = classify(exchange, READ);
    if (reading.ok) this.prover.accept(proof);
    return { reading, proof };
  }

  #failureOf(reading: Extract<Reading, { ok: false }>): AuthenticationError {
    const { row, retryAfterMs } = reading;
    // The prover keeps count of refused keys.
    if (row.verdict === 'unauthenticated')
      return new AuthenticationError(faultOf(AUTHENTICATION, reading.said), 'refused');
    if (row.verdict === 'refused') return this.#leftAlone(LOOKUP_REFUSED, reading);
    if (row.verdict === 'throttled') return this.#leftAlone(row, reading, retryAfterMs);
    return new AuthenticationError(faultOf(LOOKUP_FAILED, reading.said), 'unavailable');
  }

  #leftAlone(row: ErrorRow, reading: Reading, atLeastMs = 0): AuthenticationError {
    this.#refusals.refused();
    this.#refusals.pause(atLeastMs);
    const { waitMs } = this.#refusals;
    const trouble = row.verdict === 'throttled' ? 'throttled' : 'project_unknown';
    this.#failure = new AuthenticationError(faultOf(row, reading.said), trouble);
    complain(this.dependencies.log, this.#owner, this.#failure, waitMs, row.detail);
    return this.#failure.heldFor(waitMs);
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

/**
 * The ids of the enabled projects of an answer; undefined where it has no list of projects. A single one that has another name is
 * not taken for the region's.
 */
function idsIn(body: string, name: string): string[] | undefined {
  const { projects } = JSON.parse(body) as { projects?: unknown };
  if (!Array.isArray(projects) || !projects.every((each) => typeof each === 'object' && each !== null))
    return undefined;
  const enabled = (projects as ListedProject[]).filter(
    ({ enabled: is, id }) => is === true && isProjectId(id),
  );
  if (enabled.length === 1 && enabled[0]?.name !== name) return [];
  return enabled.map(({ id }) => String(id));
}
