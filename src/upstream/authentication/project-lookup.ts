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
import {
  AuthenticationError,
  type AuthDependencies,
  type Authenticator,
  type Proof,
  type Trouble,
  type UnprovenRequest,
} from './authenticator.js';
import { ExpiringValue, type Expiring } from './expiring-value.js';
import { IAM_TIMEOUT_MS, isProjectId, MAX_IAM_ANSWER_BYTES } from './iam-token.js';

/** After an answer that asking again at once would not change, IAM is left alone for a while. */
const WAITS_MS = { project_unknown: [5_000, 60_000], throttled: [5_000, 60_000] } as const;

interface Found extends Expiring {
  readonly id: string;
}

interface Exchanged {
  readonly reading: Reading;
  readonly proof: Proof;
}

/** The id of a region's own project, by the region's name (contract 3.2). Only ever reads: IAM is not asked to create one. */
export class ProjectLookup extends ExpiringValue<Found> {
  constructor(
    private readonly project: ProjectConfig,
    private readonly prover: Pick<Authenticator, 'prove' | 'accept' | 'reject'>,
    private readonly dependencies: AuthDependencies,
  ) {
    const { name, region } = project;
    const log = { owner: { project: name, region }, failure: LOOKUP_FAILED.detail };
    // A project keeps its id.
    super({ fetch: () => this.#fetch(), refreshAt: () => Infinity, waitsMs: WAITS_MS, ...log }, dependencies);
  }

  async #fetch(): Promise<Found> {
    let exchanged = await this.#exchange();
    if (isUnauthenticated(exchanged) && (await this.prover.reject(exchanged.proof)) !== 'final') {
      exchanged = await this.#exchange();
    }
    const { reading } = exchanged;
    if (!reading.ok) throw failureOf(reading);
    const ids = idsIn(reading.body, this.project.region);
    if (!ids) throw new AuthenticationError(faultOf(LOOKUP_FAILED, reading.said), 'unavailable');
    const [id, ...others] = ids;
    if (id === undefined) throw failure(NO_SUCH_PROJECT, reading, 'project_unknown');
    if (others.length > 0) throw failure(SEVERAL_PROJECTS, reading, 'project_unknown');
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
}

function failureOf(reading: Extract<Reading, { ok: false }>): AuthenticationError {
  const { row, retryAfterMs } = reading;
  // The prover keeps count of refused keys.
  if (row.verdict === 'unauthenticated')
    return new AuthenticationError(faultOf(AUTHENTICATION, reading.said), 'refused');
  if (row.verdict === 'refused') return failure(LOOKUP_REFUSED, reading, 'project_unknown');
  if (row.verdict === 'throttled') return failure(row, reading, 'throttled', retryAfterMs);
  return new AuthenticationError(faultOf(LOOKUP_FAILED, reading.said), 'unavailable');
}

function failure(row: ErrorRow, { said }: Reading, trouble: Trouble, retryAfterMs = 0): AuthenticationError {
  return new AuthenticationError(faultOf(row, said), trouble, { message: row.detail, retryAfterMs });
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
