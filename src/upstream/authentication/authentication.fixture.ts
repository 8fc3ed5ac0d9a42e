import type { ProjectConfig } from '../../config/config.js';
import { Clock } from '../../domain/times.js';
import { Transport, type Answer, type Exchange, type WireRequest } from '../transport.js';
import {
  AuthenticationError,
  type Authenticator,
  type CredentialLog,
  type Proof,
  type UnprovenRequest,
} from './authenticator.js';
import { authenticatorsOf } from './authenticators.js';

const STARTS_AT = Date.parse('2026-01-01T00:00:00Z');

/** Time that passes only when a test says so. */
export class FakeClock extends Clock {
  #now = STARTS_AT;
  #tasks: { at: number; task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  /** Far from the time of day, so that a mix-up of the two shows. */
  monotonic(): number {
    return this.#now - STARTS_AT;
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(milliseconds, resolve));
  }

  schedule(milliseconds: number, task: () => void): () => void {
    const entry = { at: this.#now + milliseconds, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  }

  /** Lets time pass, and everything happen that was due in it. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = this.#tasks.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#now = next.at;
      this.#tasks = this.#tasks.filter((other) => other !== next);
      next.task();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** Resolves when all that can happen without time passing has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for what files bring about: they are read in time that is not the fake clock's. */
export async function eventually(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2_000 && !condition(); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A network on which each request waits for the test to answer it. */
export class HeldTransport extends Transport {
  readonly requests: WireRequest[] = [];
  readonly #answers: ((exchange: Exchange) => void)[] = [];

  exchange(request: WireRequest): Promise<Exchange> {
    this.requests.push(request);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  /** Answers one of the requests, by the order in which they came. */
  async answer(index: number, exchange: Exchange): Promise<void> {
    this.#answers[index]?.(exchange);
    await settled();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A network on which a function answers at once. */
export class AnsweringTransport extends Transport {
  readonly requests: WireRequest[] = [];

  constructor(readonly answerTo: (request: WireRequest, index: number) => Exchange | Promise<Exchange>) {
    super();
  }

  exchange(request: WireRequest): Promise<Exchange> {
    this.requests.push(request);
    return Promise.resolve(this.answerTo(request, this.requests.length - 1));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function answered(status: number, body: unknown = '', headers: Answer['headers'] = {}): Answer {
  return {
    reached: 'answered',
    status,
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

export const UNREACHABLE: Exchange = { reached: 'not_sent', cause: 'ECONNREFUSED' };
export const WRONG_PASSWORD = answered(401, { error_code: 'IAM.0062', error_msg: 'wrong' });

export const DAY_MS = 86_400_000;
export const REGION = 'cn-north-4';
export const PROJECT_ID = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';

/** IAM's answer with a token (contract 3.1.7). */
export function tokenAnswer(
  clock: Clock,
  value: string,
  { life = DAY_MS, ahead = 0, project = { id: PROJECT_ID, name: REGION }, ...rest }: TokenAnswerOptions = {},
): Answer {
  const at = (time: number) => new Date(time).toISOString().replace('Z', '000Z');
  const issued = clock.now() + ahead;
  const token = { issued_at: at(issued), expires_at: at(issued + life), project, ...rest };
  return answered(201, { token }, { 'x-subject-token': value });
}

interface TokenAnswerOptions {
  readonly life?: number;
  /** By how many milliseconds IAM's clock is ahead. */
  readonly ahead?: number;
  readonly issued_at?: unknown;
  readonly project?: object;
  readonly domain?: object;
}

export function passwordProject(changes: Partial<ProjectConfig> = {}): ProjectConfig {
  return {
    name: 'test',
    region: REGION,
    projectId: PROJECT_ID,
    hssEndpoint: 'https://hss.example.com',
    iamEndpoint: 'https://iam.example.com',
    enterpriseProjectId: '0',
    credentials: { kind: 'password', domainName: 'account', userName: 'user', password: 'secret' },
    ...changes,
  };
}

/** A project without an id, which has to be looked up. */
export function withoutId({ projectId: _, ...project }: ProjectConfig): ProjectConfig {
  return project;
}

export const REQUEST: UnprovenRequest = {
  method: 'GET',
  origin: 'https://hss.example.com',
  path: `/v5/${PROJECT_ID}/event/events`,
  query: [],
  headers: { region: REGION },
};

export class RecordedLog implements CredentialLog {
  readonly lines: string[] = [];
  log = (fields: object, message: string) => void this.lines.push(JSON.stringify([message, fields]));
  warn = this.log;
  error = this.log;
}

/** One authenticator with its surroundings in the test's hands. */
export class AuthenticatorRig<T extends Transport> {
  readonly log = new RecordedLog();
  readonly authenticators: ReadonlyMap<string, Authenticator>;
  chance = 0;

  constructor(
    readonly clock: FakeClock,
    readonly transport: T,
    ...projects: readonly ProjectConfig[]
  ) {
    const { log } = this;
    const random = () => this.chance;
    this.authenticators = authenticatorsOf(projects, { transport, clock, random, log });
  }

  get one(): Authenticator {
    return this.of('test');
  }

  of(name: string): Authenticator {
    const authenticator = this.authenticators.get(name);
    if (!authenticator) throw new Error(`no project ${name}`);
    return authenticator;
  }

  /** A proof for a request that has ten seconds. */
  prove(request = REQUEST, deadlineAt = this.clock.monotonic() + 10_000): Promise<Proof> {
    return this.one.prove(request, deadlineAt);
  }

  async token(): Promise<string | undefined> {
    return (await this.prove()).headers['X-Auth-Token'];
  }
}

/** Has IAM give a rig its next token now. */
export async function hold(rig: AuthenticatorRig<HeldTransport>, value: string): Promise<void> {
  const token = rig.token();
  await settled();
  await rig.transport.answer(rig.transport.requests.length - 1, tokenAnswer(rig.clock, value));
  if ((await token) !== value) throw new Error('another token was kept');
}

/** What a request would be answered when there is no proof for it. */
export async function faultOf(proving: Promise<unknown>): Promise<AuthenticationError['fault']> {
  const error = await proving.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AuthenticationError) return error.fault;
  throw new Error('expected an AuthenticationError', { cause: error });
}
