import { ENTERPRISE_PROJECT_NAMES } from '../account.js';
import type { SimulatorRequest } from '../exchange.js';
import { refusedByHss } from '../refusal.js';
import { boolean, list, object, optional, required, text } from '../shape.js';
import type { World } from '../world.js';
import { enterpriseProjectsOf, type Access } from './access.js';
import { visibleAlarms } from './list-events.js';
import { isSupported } from './operate-types.js';
import { QueryReader, pageOf, paged } from './query.js';
import { checkedBy, parsedBody } from './request-body.js';
import type { LoginWhitelistEntry } from './whitelists.js';

/** A login as bodies name it: from where, to where, as whom. */
interface WireLogin {
  readonly private_ip: string;
  readonly login_ip: string;
  readonly login_user_name: string;
}

const LOGIN = {
  private_ip: required(text(1, 128)),
  login_ip: required(text(1, 256)),
  login_user_name: required(text(1, 256)),
};

function isSame(entry: LoginWhitelistEntry, login: WireLogin): boolean {
  return (
    entry.privateIp === login.private_ip &&
    entry.loginIp === login.login_ip &&
    entry.loginUserName === login.login_user_name
  );
}

function visible(world: World, request: SimulatorRequest, access: Access): LoginWhitelistEntry[] {
  const scope = enterpriseProjectsOf(request, access.identity);
  return world.loginWhitelist
    .list()
    .filter((entry) => entry.projectId === access.project.id && scope.includes(entry.enterpriseProjectId));
}

/** `GET /v5/{project_id}/event/white-list/login` */
export function listLoginWhitelist(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const page = pageOf(query, { least: 10, most: 200, required: true });
  const [privateIp, loginIp, user] = ['private_ip', 'login_ip', 'login_user_name'].map((name) =>
    query.text(name),
  );
  const rows = visible(world, request, access).filter(
    (entry) =>
      (privateIp === undefined || entry.privateIp === privateIp) &&
      (loginIp === undefined || entry.loginIp === loginIp) &&
      (user === undefined || entry.loginUserName === user),
  );
  return paged(rows, page, (entry) => ({
    private_ip: entry.privateIp,
    login_ip: entry.loginIp,
    login_user_name: entry.loginUserName,
    update_time: entry.updatedAt,
    remarks: entry.remarks,
    enterprise_project_name: ENTERPRISE_PROJECT_NAMES.get(entry.enterpriseProjectId) ?? '',
  }));
}

const ADD = object({ ...LOGIN, remarks: optional(text(0, 1024)), handle_event: optional(boolean) });

/** `POST /v5/{project_id}/event/white-list/login`; with `handle_event` the alarms of that login are handled too. */
export function addLoginWhitelist(world: World, request: SimulatorRequest, access: Access): void {
  const parsed = parsedBody(request.body);
  checkedBy(ADD, parsed);
  const body = parsed as WireLogin & { readonly remarks?: string; readonly handle_event?: boolean };
  const [enterpriseProjectId = '0'] = enterpriseProjectsOf(request, access.identity);
  world.loginWhitelist.put({
    projectId: access.project.id,
    enterpriseProjectId,
    privateIp: body.private_ip,
    loginIp: body.login_ip,
    loginUserName: body.login_user_name,
    remarks: body.remarks ?? '',
    updatedAt: world.now(),
  });
  if (body.handle_event !== true) return;
  for (const alarm of visibleAlarms(world, request, access)) {
    const related = alarm.details.some(
      (detail) =>
        detail.private_ip === body.private_ip &&
        detail.login_ip === body.login_ip &&
        detail.login_user_name === body.login_user_name,
    );
    if (
      related &&
      alarm.handling === undefined &&
      isSupported(alarm.eventClassId, 'add_to_login_whitelist')
    ) {
      alarm.handling = { method: 'add_to_login_whitelist', at: world.now() };
    }
  }
}

const REMOVE = object({ data_list: optional(list(object(LOGIN), 0, 100)), delete_all: optional(boolean) });

/** `DELETE /v5/{project_id}/event/white-list/login`, with a JSON body. */
export function removeLoginWhitelist(world: World, request: SimulatorRequest, access: Access): void {
  const parsed = parsedBody(request.body);
  checkedBy(REMOVE, parsed);
  const body = parsed as { readonly data_list?: readonly WireLogin[]; readonly delete_all?: boolean };
  if (body.data_list === undefined && body.delete_all !== true) {
    throw refusedByHss('HSS.0001', 'neither data_list nor delete_all');
  }
  const candidates = visible(world, request, access);
  const gone = body.data_list?.map((login) => {
    const entry = candidates.find((each) => isSame(each, login));
    if (entry === undefined) throw refusedByHss('HSS.0011', `login of ${login.login_user_name}`);
    return entry;
  });
  world.loginWhitelist.removeWhere((entry) => (gone ?? candidates).includes(entry));
}
