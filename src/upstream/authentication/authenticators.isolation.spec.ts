import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { CredentialsConfig, ProjectConfig } from '../../config/config.js';
import type { Exchange, WireRequest } from '../transport.js';
import {
  answered,
  AuthenticatorRig,
  FakeClock,
  HeldTransport,
  passwordProject,
  REQUEST,
  settled,
  tokenAnswer,
  UNREACHABLE,
  withoutId,
} from './authentication.fixture.js';
import type { Proof } from './authenticator.js';

const user = (userName: string): CredentialsConfig => ({
  kind: 'password',
  domainName: 'account',
  userName,
  password: `password-of-${userName}`,
});

/** Every kind of credentials, some shared by two projects, some ids looked up; each project's name says what is its own. */
const PROJECTS: readonly ProjectConfig[] = [
  passwordProject({ name: 'anna-1', projectId: 'id-1', credentials: user('anna') }),
  passwordProject({ name: 'anna-2', projectId: 'id-2', credentials: user('anna') }),
  passwordProject({ name: 'bert-1', projectId: 'id-1', credentials: user('bert') }),
  withoutId(passwordProject({ name: 'cora-looked-up', region: 'region-c', credentials: user('cora') })),
  passwordProject({
    name: 'agency-4',
    projectId: 'id-4',
    credentials: { ...user('anna'), agency: { name: 'agency', domainName: 'd' } } as CredentialsConfig,
  }),
  passwordProject({
    name: 'key-1',
    projectId: 'id-1',
    credentials: { kind: 'aksk', ak: 'AK-1', sk: 'SK-1' },
  }),
  passwordProject({
    name: 'key-2',
    projectId: 'id-2',
    credentials: { kind: 'aksk', ak: 'AK-2', sk: 'SK-2', securityToken: 'ST-2' },
  }),
  withoutId(
    passwordProject({
      name: 'key-looked-up',
      region: 'region-k',
      credentials: { kind: 'aksk', ak: 'AK-3', sk: 'SK-3' },
    }),
  ),
  passwordProject({
    name: 'server-5',
    projectId: 'id-5',
    credentials: { kind: 'ecs-metadata', endpoint: 'http://169.254.169.254' },
  }),
];

/** What a proof for each project must carry: whose token for what, or whose key for what. */
const OWN: Readonly<Record<string, string>> = {
  'anna-1': 'token anna id-1',
  'anna-2': 'token anna id-2',
  'bert-1': 'token bert id-1',
  'cora-looked-up': 'token cora id-of-region-c',
  'agency-4': 'token agency-of-anna id-4',
  'key-1': 'key AK-1 id-1',
  'key-2': 'key AK-2 ST-2 id-2',
  'key-looked-up': 'key AK-3 id-of-region-k',
  'server-5': 'key AK-server ST-server id-5',
};

function carriedBy({ headers }: Proof): string {
  const { Authorization, 'X-Auth-Token': token, 'X-Security-Token': security } = headers;
  if (token !== undefined) return `token ${token.split('|').join(' ')}${Authorization ? ' and a key' : ''}`;
  const access = /Access=([^,]+)/.exec(Authorization ?? '')?.[1];
  return ['key', access, security, headers['X-Project-Id']].filter((part) => part !== undefined).join(' ');
}

interface Login {
  readonly auth: {
    readonly identity: {
      readonly password?: { readonly user: { readonly name: string; readonly password: string } };
    };
    readonly scope: { readonly project?: { readonly id?: string; readonly name?: string } };
  };
}

/** A cloud whose tokens say who asked for them, for which project. */
function answerTo(request: WireRequest, clock: FakeClock): Exchange {
  if (request.origin === 'http://169.254.169.254') return metadataAnswer(request, clock);
  if (request.method === 'GET') {
    const name = /name=(.+)$/.exec(request.target)?.[1];
    return answered(200, { projects: [{ id: `id-of-${name}`, name, enabled: true }] });
  }
  const { identity, scope } = (JSON.parse(request.body ?? '') as Login).auth;
  const login = identity.password?.user;
  if (login && login.password !== `password-of-${login.name}`) return answered(401);
  const who = login?.name ?? `agency-of-${request.headers['X-Auth-Token']?.split('|')[0]}`;
  const { id = `id-of-${scope.project?.name}`, name = 'any' } = scope.project ?? {};
  const value = scope.project ? `${who}|${id}` : `${who}|account`;
  return tokenAnswer(clock, value, { life: 3_600_000, project: { id, name }, domain: { name: 'account' } });
}

function metadataAnswer({ method }: WireRequest, clock: FakeClock): Exchange {
  if (method === 'PUT') return answered(200, 'metadata-token');
  const expires_at = new Date(clock.now() + 3_600_000).toISOString();
  const credential = { access: 'AK-server', secret: 'SK', securitytoken: 'ST-server', expires_at };
  return answered(200, { credential });
}

type Step =
  | { readonly then: 'prove' | 'reject' | 'accept'; readonly project: number }
  | { readonly then: 'answer' | 'fail'; readonly which: number }
  | { readonly then: 'wait'; readonly milliseconds: number };

const project = fc.nat(PROJECTS.length - 1);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ then: fc.constant('prove'), project }) },
    { weight: 2, arbitrary: fc.record({ then: fc.constantFrom('reject', 'accept'), project }) },
    { weight: 5, arbitrary: fc.record({ then: fc.constant('answer'), which: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ then: fc.constant('fail'), which: fc.nat(20) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        then: fc.constant('wait'),
        milliseconds: fc.constantFrom(1, 5_000, 2_900_000, 4_000_000),
      }),
    },
  ),
  { minLength: 20, maxLength: 60, size: 'max' },
);

/** A run of steps; collects every proof with the project it was made for. */
class Run {
  readonly clock = new FakeClock();
  readonly transport = new HeldTransport();
  readonly rig = new AuthenticatorRig(this.clock, this.transport, ...PROJECTS);
  readonly proofs: [project: string, proof: Proof][] = [];
  readonly #waiting = new Set<Promise<unknown>>();
  #unanswered: number[] = [];
  #seen = 0;

  async take(step: Step): Promise<void> {
    if (step.then === 'wait') await this.clock.advance(step.milliseconds);
    else if ('which' in step) await this.#answer(step.which, step.then === 'fail');
    else if (step.then === 'prove') this.#prove(PROJECTS[step.project]!.name);
    else await this.#judge(PROJECTS[step.project]!.name, step.then);
    await settled();
  }

  /** Answers until nobody waits any more. */
  async finish(): Promise<void> {
    while (this.#waiting.size > 0) await this.take({ then: 'answer', which: 0 });
  }

  #prove(name: string): void {
    const proving = this.rig
      .of(name)
      .prove(REQUEST, this.clock.monotonic() + 10_000_000)
      .then((proof) => this.proofs.push([name, proof]))
      .catch(() => undefined)
      .finally(() => this.#waiting.delete(proving));
    this.#waiting.add(proving);
  }

  async #judge(name: string, then: 'reject' | 'accept'): Promise<void> {
    const last = this.proofs.findLast(([each]) => each === name)?.[1];
    if (last) await this.rig.of(name)[then](last);
  }

  async #answer(which: number, fail: boolean): Promise<void> {
    const { requests } = this.transport;
    for (; this.#seen < requests.length; this.#seen += 1) this.#unanswered.push(this.#seen);
    const index = this.#unanswered[which % Math.max(1, this.#unanswered.length)];
    if (index === undefined) return;
    this.#unanswered = this.#unanswered.filter((each) => each !== index);
    await this.transport.answer(index, fail ? UNREACHABLE : answerTo(requests[index]!, this.clock));
  }
}

it('never proves a request of one project with the credential of another, however exchanges interleave', async () => {
  const proven = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const run = new Run();
      for (const step of taken) await run.take(step);
      await run.finish();
      for (const [name, proof] of run.proofs) {
        expect(carriedBy(proof)).toBe(OWN[name]);
        proven.set(name, (proven.get(name) ?? 0) + 1);
      }
    }),
    { numRuns: 200 },
  );
  // Else the property would hold of nothing.
  expect([...proven.keys()].sort()).toEqual(Object.keys(OWN).sort());
  expect(Math.min(...proven.values())).toBeGreaterThan(50);
});
