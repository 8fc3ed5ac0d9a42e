import { theContract, type Operation } from './contract/contract.js';
import { sentence, type Schema } from './contract/schema.js';
import type { Answer, SimulatorRequest } from './exchange.js';
import { accessOf, enterpriseProjectsOf, type HssRoute } from './hss/access.js';
import { batchOperate } from './hss/batch-operate.js';
import { EVENT_ROUTES } from './hss/events.js';
import { LIST_ROUTES } from './hss/lists.js';
import { operate } from './hss/operate.js';
import { STATISTICS_ROUTES } from './hss/statistics.js';
import { listDomains, listProjects, showCatalog } from './iam/directory-calls.js';
import {
  inspectToken,
  issueTemporaryKey,
  issueToken,
  refuseMalformedIam,
  type IamCall,
} from './iam/iam-calls.js';
import { stringifyExact } from './json.js';
import { Refusal, refusedByGateway, refusedByHss, refusedByIam } from './refusal.js';
import type { SimulatorState } from './state.js';

/** What answers each operation of the contract. */

const IAM: Readonly<Record<string, (call: IamCall) => Answer>> = {
  KeystoneCreateToken: issueToken,
  KeystoneValidateToken: inspectToken,
  KeystoneListProjects: listProjects,
  KeystoneListAuthDomains: listDomains,
  KeystoneShowCatalog: showCatalog,
  CreateTemporaryAccessKey: issueTemporaryKey,
};

const HSS: Readonly<Record<string, HssRoute>> = {
  ChangeEvent: operate,
  BatchChangeEvent: batchOperate,
  ...EVENT_ROUTES,
  ...LIST_ROUTES,
  ...STATISTICS_ROUTES,
};

const JSON_TYPE = 'application/json;charset=UTF-8';

/** The answer to a call whose response is documented as "None" (contract 1.7). */
export function emptyAnswer(state: SimulatorState, requestId: string): Answer {
  const body = state.settings.emptyBody;
  const type = body === '' ? {} : { 'Content-Type': JSON_TYPE };
  return { status: 200, headers: { ...type, 'X-Request-Id': requestId }, body };
}

function answerIam(state: SimulatorState, request: SimulatorRequest): Answer {
  const operation = theContract().find(request.method, request.path);
  const route = operation && IAM[operation.operationId];
  if (!route) throw refusedByIam(404, 'IAM.0004', 'Could not find the requested resource.');
  const checked = theContract().check(operation, request);
  refuseMalformedIam(request, checked);
  return route({ ...checked, state, request });
}

/** Page sizes that are bent instead of refused (contract 2.1). */
const CLAMPED: Readonly<Record<string, Schema>> = {
  limit: { type: 'integer', minimum: -1_000_000, maximum: 1_000_000 },
};

function boundsOf({ operationId }: Operation, state: SimulatorState): Record<string, Schema> {
  return operationId === 'ListSecurityEvents' && state.settings.clampLimit ? CLAMPED : {};
}

function answerHss(state: SimulatorState, request: SimulatorRequest): Answer {
  const { method, path, requestId } = request;
  const [, projectId, rest] = /^\/v5\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const operation = theContract().find(method, `/v5/{project_id}/${rest}`);
  const route = operation && HSS[operation.operationId];
  if (projectId === undefined || !route) {
    const message = 'The API does not exist or has not been published in the environment';
    throw refusedByGateway(404, '0101', message);
  }
  const access = accessOf(state, request, decodeURIComponent(projectId));
  const { query, body, problems, unreadable } = theContract().check(
    operation,
    request,
    boundsOf(operation, state),
  );
  if (problems[0]) throw refusedByHss('HSS.0001', sentence(problems[0]));
  // A Java back end answers a syntax error with "parsing failed".
  if (unreadable) throw refusedByHss('HSS.0002');
  const scope = enterpriseProjectsOf(request, access.identity);
  const shown = route({ ...access, state, requestId, scope, query, body });
  if (shown === undefined) return emptyAnswer(state, requestId);
  return { status: 200, headers: { 'Content-Type': JSON_TYPE }, body: stringifyExact(shown) };
}

/** Whether a path is IAM's: both services share one origin here. */
const isIamPath = (path: string): boolean => path.startsWith('/v3/') || path.startsWith('/v3.0/');

/** The real answer to a request, its effect included. Every answer carries `X-Request-Id`. */
export function dispatch(state: SimulatorState, request: SimulatorRequest): Answer {
  const own = { 'X-Request-Id': request.requestId };
  try {
    const answer = isIamPath(request.path) ? answerIam(state, request) : answerHss(state, request);
    return { ...answer, headers: { ...answer.headers, ...own } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const headers = { 'Content-Type': JSON_TYPE, ...error.headers, ...own };
    return { status: error.status, headers, body: JSON.stringify(error.bodyFor(request.requestId)) };
  }
}
