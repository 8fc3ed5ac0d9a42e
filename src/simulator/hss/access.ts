import { ALL_PROJECTS, type Identity, type Project } from '../account.js';
import { header, type SimulatorRequest } from '../exchange.js';
import { refusedByGateway, refusedByHss } from '../refusal.js';
import { isSigned, signer } from '../signing/verify.js';
import type { World } from '../world.js';

/** Who calls, and on which project. */
export interface Access {
  readonly identity: Identity;
  readonly project: Project;
}

/** The gateway's checks in front of HSS: credentials, then the project, then the region. */
export function accessOf(world: World, request: SimulatorRequest, projectId: string): Access {
  const signed = isSigned(request);
  const identity = signed ? signer(world, request) : tokenIdentity(world, request, projectId);
  const project = identity.domain.projects.find((each) => each.id === projectId);
  const stated = header(request, 'X-Project-Id') ?? projectId;
  if (project === undefined || stated !== projectId)
    throw refusedByGateway(403, '0310', 'The project is unavailable');
  const region = header(request, 'region') ?? '';
  if (region !== '' && region !== project.region) {
    if (signed) throw refusedByHss('HSS.0001', 'region');
    throw refusedByGateway(401, '0307', 'The token must be updated: it belongs to another region');
  }
  return { identity, project };
}

function tokenIdentity(world: World, request: SimulatorRequest, projectId: string): Identity {
  const value = header(request, 'X-Auth-Token');
  if (value === undefined || value === '') {
    throw refusedByGateway(401, '0301', 'Incorrect IAM authentication information: X-Auth-Token not found');
  }
  const token = world.tokens.find(value);
  if (token === undefined || token.project === undefined) {
    throw refusedByGateway(401, '0301', 'Incorrect IAM authentication information: decrypt token fail');
  }
  const known = ALL_PROJECTS.some((project) => project.id === projectId);
  if (token.revoked || world.now() >= token.expiresAt || (known && token.project.id !== projectId)) {
    throw refusedByGateway(401, '0307', 'The token must be updated');
  }
  return token.identity;
}

export const ALL_GRANTED = 'all_granted_eps';

/** The enterprise projects that a call looks at (contract 7); absent or empty means the default one. */
export function enterpriseProjectsOf(request: SimulatorRequest, identity: Identity): readonly string[] {
  const asked = request.query.get('enterprise_project_id') ?? '';
  if (asked === ALL_GRANTED) return identity.enterpriseProjects;
  const one = asked === '' ? '0' : asked;
  if (!identity.enterpriseProjects.includes(one)) throw refusedByHss('HSS.0013', `enterprise project ${one}`);
  return [one];
}

export function isVisible(
  alarm: { readonly enterpriseProjects: readonly string[] },
  scope: readonly string[],
): boolean {
  return alarm.enterpriseProjects.some((each) => scope.includes(each));
}
