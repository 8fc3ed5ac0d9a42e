import { AGENCY, AGENCY_NAME, USER, type Domain, type Identity, type Project } from '../account.js';
import { dig, isObject, parseExact } from '../json.js';
import { refusedByIam, refusedByIamNested } from '../refusal.js';
import type { World } from '../world.js';

/** Parses a body of IAM's; anything that is no JSON object is 400. */
export function iamBody(body: Buffer): Record<string, unknown> {
  try {
    const parsed = parseExact(body.toString('utf8'));
    if (isObject(parsed)) return parsed;
  } catch {
    // Falls through to the same refusal: IAM does not tell the two apart.
  }
  throw refusedByIamNested(400, 'Request body is invalid.');
}

function textAt(value: unknown, ...keys: string[]): string | undefined {
  const found = dig(value, ...keys);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function wrongPassword(world: World): Error {
  const message = 'The username or password is wrong.';
  return world.settings.wrongPasswordShape === 'flat'
    ? refusedByIam(401, 'IAM.0062', message)
    : refusedByIamNested(401, message);
}

/** The password method (contract 3.1.1). Too many wrong ones lock the user, the right one included (3.1.9). */
export function identityByPassword(world: World, identity: unknown): Identity {
  const user = dig(identity, 'password', 'user');
  const name = textAt(user, 'name');
  const password = textAt(user, 'password');
  const domain = textAt(user, 'domain', 'name');
  if (name === undefined || domain === undefined)
    throw refusedByIam(400, '1101', 'The user name is invalid.');
  if (password === undefined) throw refusedByIam(400, '1103', 'The password is invalid.');
  if (name !== USER.user.name || domain !== USER.domain.name) throw wrongPassword(world);
  const { lockAfter, lockMs } = world.settings;
  if (world.passwordLockout.isLocked(world.now()))
    throw refusedByIam(401, 'IAM.0061', 'The account is locked.');
  if (password !== world.settings.password) {
    world.passwordLockout.fail(world.now(), lockAfter, lockMs);
    throw wrongPassword(world);
  }
  world.passwordLockout.succeed();
  return USER;
}

/** The agency method (contract 3.1.5): who holds a token of the delegated account becomes the agency. */
export function identityByAgency(identity: unknown, holder: Identity): Identity {
  const asked = dig(identity, 'assume_role');
  const named =
    textAt(asked, 'domain_name') === AGENCY.domain.name || textAt(asked, 'domain_id') === AGENCY.domain.id;
  if (!named || textAt(asked, 'agency_name') !== AGENCY_NAME) {
    throw refusedByIam(404, 'IAM.0004', 'Could not find the agency.');
  }
  if (holder !== USER) throw refusedByIam(403, 'IAM.0003', 'The agency was not delegated to this account.');
  return AGENCY;
}

/** What the token is for: a project wins over a domain, and with neither it is for global services (3.1.3). */
export function scopeOf(auth: unknown, identity: Identity): { project?: Project; domain?: Domain } {
  const project = dig(auth, 'scope', 'project');
  const domain = dig(auth, 'scope', 'domain');
  if (project !== undefined) {
    const [id, name] = [textAt(project, 'id'), textAt(project, 'name')];
    if (id === undefined && name === undefined) throw refusedByIamNested(400, 'The project is invalid.');
    const found = identity.domain.projects.find((each) =>
      id === undefined ? each.region === name : each.id === id,
    );
    if (found === undefined) throw refusedByIam(404, 'IAM.0004', `Could not find project: ${id ?? name}.`);
    return { project: found };
  }
  if (domain === undefined) return {};
  const own = textAt(domain, 'id') === identity.domain.id || textAt(domain, 'name') === identity.domain.name;
  if (!own) throw refusedByIam(404, 'IAM.0004', 'Could not find the domain.');
  return { domain: identity.domain };
}
