import { AGENCY, AGENCY_NAME, USER, type Domain, type Identity, type Project } from '../account.js';
import { header, type SimulatorRequest } from '../exchange.js';
import { dig } from '../json.js';
import { refusedByIam, refusedByIamNested } from '../refusal.js';
import { isSigned, signer } from '../signing/verify.js';
import type { SimulatorState } from '../state.js';
import type { Token } from './credentials.js';

/** A token that still opens IAM. */
export function liveToken(state: SimulatorState, value: string): Token {
  const token = state.tokens.find(value);
  if (token === undefined || token.revoked) throw refusedByIam(401, 'IAM.0067', 'The token is invalid.');
  if (state.now() >= token.expiresAt) throw refusedByIam(401, 'IAM.0066', 'The token has expired.');
  return token;
}

/** The token that a call to IAM carries itself. */
export function holderToken(state: SimulatorState, request: SimulatorRequest): Token {
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
export function identityByPassword(state: SimulatorState, asked: unknown): Identity {
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
export function identityByAgency(asked: unknown, holder: Identity): Identity {
  const role = dig(asked, 'assume_role');
  const { name, id } = AGENCY.domain;
  const isKnown = dig(role, 'domain_name') === name || dig(role, 'domain_id') === id;
  if (!isKnown || dig(role, 'agency_name') !== AGENCY_NAME)
    throw refusedByIam(404, 'IAM.0004', 'Could not find the agency.');
  if (holder !== USER) throw refusedByIam(403, 'IAM.0003', 'The agency was not delegated to this account.');
  return AGENCY;
}

/** What the token is for: a project wins over a domain, and with neither it is for global services (3.1.3). */
export function scopeOf(auth: unknown, identity: Identity): { project?: Project; domain?: Domain } {
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
