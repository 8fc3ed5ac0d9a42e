import { ALL_PROJECTS, type Identity, type Project } from '../account.js';
import type { CheckedRequest } from '../contract/contract.js';
import { header, type SimulatorRequest } from '../exchange.js';
import { refusedByGateway, refusedByHss } from '../refusal.js';
import { isSigned, signer } from '../signing/signature.js';
import type { SimulatorState } from '../state.js';
import type { Alarm } from './alarm.js';

/** Who calls, and on which project. */
export interface Access {
  readonly identity: Identity;
  readonly project: Project;
}

/** A call to HSS that may be made and is what the contract says. */
export interface HssCall extends Access, Pick<CheckedRequest, 'query' | 'body'> {
  readonly state: SimulatorState;
  readonly requestId: string;
  /** The enterprise projects that it looks at. */
  readonly scope: readonly string[];
}

/** What an operation of the contract does. What it answers becomes the JSON body, nothing is the documented empty one. */
export type HssRoute = (call: HssCall) => object | void;

/** The gateway's checks in front of HSS: credentials, then the project, then the region. */
export function accessOf(state: SimulatorState, request: SimulatorRequest, projectId: string): Access {
  const signed = isSigned(request);
  const identity = signed ? signer(state, request) : tokenIdentity(state, request, projectId);
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

function tokenIdentity(state: SimulatorState, request: SimulatorRequest, projectId: string): Identity {
  const value = header(request, 'X-Auth-Token');
  if (value === undefined || value === '')
    throw refusedByGateway(401, '0301', 'Incorrect IAM authentication information: X-Auth-Token not found');
  const token = state.tokens.find(value);
  if (token === undefined || token.project === undefined)
    throw refusedByGateway(401, '0301', 'Incorrect IAM authentication information: decrypt token fail');
  const known = ALL_PROJECTS.some((project) => project.id === projectId);
  if (token.revoked || state.now() >= token.expiresAt || (known && token.project.id !== projectId))
    throw refusedByGateway(401, '0307', 'The token must be updated');
  return token.identity;
}

const ALL_GRANTED = 'all_granted_eps';

/** The enterprise projects that a call looks at (contract 7); absent or empty means the default one. */
export function enterpriseProjectsOf(request: SimulatorRequest, identity: Identity): readonly string[] {
  const asked = request.query.get('enterprise_project_id') ?? '';
  if (asked === ALL_GRANTED) return identity.enterpriseProjects;
  const one = asked === '' ? '0' : asked;
  if (!identity.enterpriseProjects.includes(one)) throw refusedByHss('HSS.0013', `enterprise project ${one}`);
  return [one];
}

export function isVisible({ enterpriseProjects }: Alarm, scope: readonly string[]): boolean {
  return enterpriseProjects.some((each) => scope.includes(each));
}

/** The alarms of the project that the call may see, in the order they were added. */
export function visibleAlarms({ state, project, scope }: HssCall): Alarm[] {
  return [...state.alarms.of(project.id)].filter((alarm) => isVisible(alarm, scope));
}

/** A page of a list, in the form that all lists have; the first ten where nothing is asked for (contract 2.0). */
export function pageOf<Row>(
  rows: readonly Row[],
  { offset = 0, limit = 10 }: { offset?: number; limit?: number },
  show: (row: Row) => object,
): object {
  return { total_num: rows.length, data_list: rows.slice(offset, offset + limit).map(show) };
}
