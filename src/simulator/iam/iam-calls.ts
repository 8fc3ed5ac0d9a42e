import { AGENCY, AGENCY_NAME, USER, type Domain, type Identity, type Project } from '../account.js';
import type { CheckedRequest } from '../contract/contract.js';
import { sentence, type Problem } from '../contract/schema.js';
import { header, type Answer, type SimulatorRequest } from '../exchange.js';
import { dig, stringifyExact } from '../json.js';
import { refusedByIam, refusedByIamNested, type Refusal } from '../refusal.js';
import { isSigned, signer } from '../signing/signature.js';
import type { SimulatorState } from '../state.js';
import { catalogAt, originOf } from './catalog.js';
import type { Token } from './credentials.js';

export interface IamCall extends CheckedRequest {
  readonly state: SimulatorState;
  readonly request: SimulatorRequest;
}

/** How IAM refuses what is wrong at a place of the body (contract 3.1.8); the first that fits counts. */
const REFUSALS: readonly (readonly [place: RegExp, refusal: (problem: Problem) => Refusal])[] = [
  [/\.duration_seconds$/, ({ what }) => refusedByIamNested(400, `duration_seconds ${what}`)],
  [/^auth\.identity\.password\.user\.password/, () => refusedByIam(400, '1103', 'The password is invalid.')],
  [/^auth\.identity\.password/, () => refusedByIam(400, '1101', 'The user name is invalid.')],
  [/^auth\.identity\.assume_role/, () => refusedByIam(404, 'IAM.0004', 'Could not find the agency.')],
  [/^auth\.scope\.project/, () => refusedByIamNested(400, 'The project is invalid.')],
  [/^auth\.scope\.domain/, () => refusedByIam(404, 'IAM.0004', 'Could not find the domain.')],
  [
    /^auth(\.identity(\.methods.*)?)?$/,
    () => refusedByIamNested(400, 'The authentication method is not supported.'),
  ],
  [/^$/, () => refusedByIamNested(400, 'Request body is invalid.')],
  [/./, (problem) => refusedByIamNested(400, sentence(problem))],
];

/** Refuses a request that is not what the contract says. IAM reads JSON only (contract 3.1). */
export function refuseMalformedIam(
  request: SimulatorRequest,
  { unreadable, problems }: CheckedRequest,
): void {
  const isJson = /^application\/json\b/i.test(header(request, 'content-type') ?? '');
  if (request.method === 'POST' && !isJson)
    throw refusedByIamNested(400, 'The content type is not application/json.');
  const problem = unreadable ? { at: '', what: 'is no JSON' } : problems[0];
  const [, refusal] = REFUSALS.find(([place]) => problem && place.test(problem.at)) ?? [];
  if (problem && refusal) throw refusal(problem);
}

/** A token that still opens IAM. */
function liveToken(state: SimulatorState, value: string): Token {
  const token = state.tokens.find(value);
  if (token === undefined || token.revoked) throw refusedByIam(401, 'IAM.0067', 'The token is invalid.');
  if (state.now() >= token.expiresAt) throw refusedByIam(401, 'IAM.0066', 'The token has expired.');
  return token;
}

/** The token that a call to IAM carries itself. */
function holderToken(state: SimulatorState, request: SimulatorRequest): Token {
  return liveToken(state, header(request, 'X-Auth-Token') ?? '');
}

/** Who calls IAM: by a signature or by a token. */
export function callerOf(state: SimulatorState, request: SimulatorRequest): Identity {
  return isSigned(request) ? signer(state, request) : holderToken(state, request).identity;
}

function wrongPassword(state: SimulatorState): Error {
  const message = 'The username or password is wrong.';
  return state.settings.wrongPasswordShape === 'flat'
    ? refusedByIam(401, 'IAM.0062', message)
    : refusedByIamNested(401, message);
}

/** The password method (contract 3.1.1). Too many wrong ones lock the user, the right one included (3.1.9). */
function identityByPassword(state: SimulatorState, asked: unknown): Identity {
  const user = dig(asked, 'password', 'user');
  const isKnown = dig(user, 'name') === USER.user.name && dig(user, 'domain', 'name') === USER.domain.name;
  if (!isKnown) throw wrongPassword(state);
  const { lockAfter, lockMs, password } = state.settings;
  const now = state.now();
  if (state.passwordLockout.isLocked(now)) throw refusedByIam(401, 'IAM.0061', 'The account is locked.');
  if (dig(user, 'password') !== password) {
    state.passwordLockout.fail(now, lockAfter, lockMs);
    throw wrongPassword(state);
  }
  state.passwordLockout.succeed();
  return USER;
}

/** The agency method (contract 3.1.5): who holds a token of the delegated account becomes the agency. */
function identityByAgency(asked: unknown, holder: Identity): Identity {
  const role = dig(asked, 'assume_role');
  const { name, id } = AGENCY.domain;
  const isKnown = dig(role, 'domain_name') === name || dig(role, 'domain_id') === id;
  if (!isKnown || dig(role, 'agency_name') !== AGENCY_NAME)
    throw refusedByIam(404, 'IAM.0004', 'Could not find the agency.');
  if (holder !== USER) throw refusedByIam(403, 'IAM.0003', 'The agency was not delegated to this account.');
  return AGENCY;
}

/** What the token is for: a project wins over a domain, and with neither it is for global services (3.1.3). */
function scopeOf(auth: unknown, identity: Identity): { project?: Project; domain?: Domain } {
  const project = dig(auth, 'scope', 'project');
  const domain = dig(auth, 'scope', 'domain');
  if (project !== undefined) {
    const [id, name] = [dig(project, 'id'), dig(project, 'name')];
    const found = identity.domain.projects.find((each) =>
      id === undefined ? each.region === name : each.id === id,
    );
    if (found === undefined)
      throw refusedByIam(404, 'IAM.0004', `Could not find project: ${String(id ?? name)}.`);
    return { project: found };
  }
  if (domain === undefined) return {};
  const own = dig(domain, 'id') === identity.domain.id || dig(domain, 'name') === identity.domain.name;
  if (!own) throw refusedByIam(404, 'IAM.0004', 'Could not find the domain.');
  return { domain: identity.domain };
}

/** Six fractional digits and `Z`. */
function iamTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}

/** An answer of IAM. */
export function answer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Answer {
  const type = { 'Content-Type': 'application/json; charset=UTF-8' };
  return { status, headers: { ...type, ...headers }, body: stringifyExact(body) };
}

function showDomain({ id, name }: Domain): object {
  return { id, name };
}

function showUser({ domain, user }: Identity): object {
  return { domain: showDomain(domain), id: user.id, name: user.name, password_expires_at: '' };
}

/** The token in the header, and the body that goes with it (contract 3.1.7). */
function tokenAnswer({ query, request }: IamCall, status: number, token: Token): Answer {
  const { identity, project, domain, assumedBy } = token;
  const wantsCatalog = (query['nocatalog'] ?? '') === '';
  const body = {
    token: {
      methods: token.methods,
      expires_at: iamTime(token.expiresAt),
      issued_at: iamTime(token.issuedAt),
      user: showUser(identity),
      ...(assumedBy && { assumed_by: { user: showUser(assumedBy) } }),
      ...(project && {
        project: { domain: showDomain(identity.domain), id: project.id, name: project.region },
      }),
      ...(domain && { domain: showDomain(domain) }),
      roles: [
        { id: '0', name: 'te_admin' },
        { id: '0', name: 'hss_admin' },
      ],
      ...(wantsCatalog && {
        catalog: catalogAt(`${originOf(request)}/v5/${project?.id ?? ''}`, 'hss', 'iam', 'ecs'),
      }),
    },
  };
  return answer(status, body, {
    'X-Subject-Token': token.value,
    'X-IAM-Trace-Id': `token_${request.requestId}`,
  });
}

/** `POST /v3/auth/tokens`: 201 and the token in `X-Subject-Token`. Earlier tokens stay valid (contract 3.1). */
export function issueToken(call: IamCall): Answer {
  const { state, request, body } = call;
  const auth = dig(body, 'auth');
  const asked = dig(auth, 'identity');
  const [method] = dig(asked, 'methods') as [string];
  const assumedBy = method === 'assume_role' ? holderToken(state, request).identity : undefined;
  const identity = assumedBy ? identityByAgency(asked, assumedBy) : identityByPassword(state, asked);
  const { tokenLength, tokenLifetimeMs } = state.settings;
  const issuedAt = state.now();
  const token = {
    identity,
    methods: [method],
    ...scopeOf(auth, identity),
    ...(assumedBy && { assumedBy }),
    issuedAt,
    expiresAt: issuedAt + tokenLifetimeMs,
  };
  return tokenAnswer(call, 201, state.tokens.issue(token, tokenLength));
}

/** `GET /v3/auth/tokens`: what a token is, shown to the holder of another one (contract 3.1.7). */
export function inspectToken(call: IamCall): Answer {
  const { state, request } = call;
  holderToken(state, request);
  const token = state.tokens.find(header(request, 'X-Subject-Token') ?? '');
  if (token === undefined || token.revoked || state.now() >= token.expiresAt)
    throw refusedByIam(404, 'IAM.0004', 'Could not find the token.');
  return tokenAnswer(call, 200, token);
}

/** A temporary key in the form that IAM and the metadata service show it (contract 3.3, 3.4). */
export function issueCredential(state: SimulatorState, seconds: number, identity: Identity = USER): object {
  const key = state.keys.issue(identity, state.now() + seconds * 1000, state.settings.tokenLength);
  return {
    access: key.ak,
    secret: key.sk,
    securitytoken: key.securityToken,
    expires_at: iamTime(key.expiresAt),
  };
}

const MIN_CREDENTIAL_SECONDS = 900;

/** `POST /v3.0/OS-CREDENTIAL/securitytokens`: a temporary key from a token or from an agency. */
export function issueTemporaryKey({ state, request, body }: IamCall): Answer {
  const asked = dig(body, 'auth', 'identity');
  const [method] = dig(asked, 'methods') as ['token' | 'assume_role'];
  const seconds = Number(dig(asked, method, 'duration_seconds') ?? MIN_CREDENTIAL_SECONDS);
  const stated = dig(asked, 'token', 'id');
  const isStated = method === 'token' && typeof stated === 'string';
  const caller = isStated ? liveToken(state, stated).identity : callerOf(state, request);
  const identity = method === 'token' ? caller : identityByAgency(asked, caller);
  return answer(201, { credential: issueCredential(state, seconds, identity) });
}
