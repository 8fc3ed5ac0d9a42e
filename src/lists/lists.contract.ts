import { withoutRight } from '../http/document/edge-problems.js';
import { EXAMPLE_UPSTREAM_REQUEST_ID } from '../http/document/example-ids.js';
import type { ContractOptions } from '../http/document/contract.js';
import { invalidRequest, Problem, problemOfFault } from '../problems/problem.js';
import type { DtoClass } from '../http/validation/field.js';
import type { ListQueryDto } from './list-query.dto.js';
import { documentedReadFaults, UNKNOWN_PROJECT_FAULT } from '../hss/index.js';
import { ALARM_WHITELIST } from './alarm-whitelist.js';
import { AlarmWhitelistPageDto } from './alarm-whitelist.dto.js';
import { BLOCKED_ADDRESSES } from './blocked-addresses.js';
import { BlockedAddressPageDto } from './blocked-addresses.dto.js';
import { HANDLING_HISTORY } from './handling-history.js';
import { HandlingPageDto } from './handling-history.dto.js';
import { ISOLATED_FILES } from './isolated-files.js';
import { IsolatedFilePageDto } from './isolated-files.dto.js';
import { listQueryViolations } from './list-query.js';
import type { ListedResource } from './listed-resource.js';
import { pageExamples } from './lists.examples.js';
import { TOO_FAR } from './lists.service.js';
import { LOGIN_WHITELIST } from './login-whitelist.js';
import { LoginWhitelistPageDto } from './login-whitelist.dto.js';

/** What every list can end in, for the document. */
function problemsOf<Query extends ListQueryDto>(resource: ListedResource<unknown, Query>): Problem[] {
  const where = 'in enterprise project all_granted_eps of project demo';
  return [
    invalidRequest(listQueryViolations(resource, { limit: '0', enterpriseProjectId: 'all', user: 'me' })),
    TOO_FAR(),
    withoutRight('read'),
    new Problem(
      403,
      'not_granted',
      `Caller soc-portal is not granted the right read ${where}. Nothing was done.`,
    ),
    new Problem(403, 'denied', `Caller soc-portal is denied the right read ${where}. Nothing was done.`),
    problemOfFault(UNKNOWN_PROJECT_FAULT),
    ...documentedReadFaults(EXAMPLE_UPSTREAM_REQUEST_ID).map((fault) => problemOfFault(fault)),
  ];
}

function contractOf<Item, Query extends ListQueryDto>(
  id: string,
  resource: ListedResource<Item, Query>,
  type: DtoClass,
): ContractOptions {
  return {
    id,
    answers: { 200: { description: 'A page of the list.', type, examples: pageExamples(resource) } },
    problems: problemsOf(resource),
  };
}

export const LIST_HANDLINGS = contractOf('listHandlingHistory', HANDLING_HISTORY, HandlingPageDto);
export const LIST_ALARM_WHITELIST = contractOf('listAlarmWhitelist', ALARM_WHITELIST, AlarmWhitelistPageDto);
export const LIST_LOGIN_WHITELIST = contractOf('listLoginWhitelist', LOGIN_WHITELIST, LoginWhitelistPageDto);
export const LIST_ISOLATED_FILES = contractOf('listIsolatedFiles', ISOLATED_FILES, IsolatedFilePageDto);
export const LIST_BLOCKED = contractOf('listBlockedAddresses', BLOCKED_ADDRESSES, BlockedAddressPageDto);
