import type { SimulatorRequest } from '../exchange.js';
import { refusedByHss } from '../refusal.js';
import { DAY_MS } from '../settings.js';
import { list, object, oneOf, required, text } from '../shape.js';
import type { World } from '../world.js';
import { enterpriseProjectsOf, type Access } from './access.js';
import { LOGIN_TYPES, interceptStatus, type BlockedIp } from './blocked-ip.js';
import { checkedBy, parsedBody } from './request-body.js';
import { QueryReader, pageOf, paged } from './query.js';

function visible(world: World, request: SimulatorRequest, access: Access): BlockedIp[] {
  const scope = enterpriseProjectsOf(request, access.identity);
  return world.blockedIps.filter(
    (entry) => entry.projectId === access.project.id && scope.includes(entry.enterpriseProjectId),
  );
}

/** `GET /v5/{project_id}/event/blocked-ip` */
export function listBlockedIps(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const days = query.integer('last_days', 1, 30);
  const hostName = query.text('host_name') ?? '';
  const srcIp = query.text('src_ip');
  const statusOf = (entry: BlockedIp) => interceptStatus(entry, world.now(), world.settings.isolationDelayMs);
  const status = query.choice('intercept_status', ['intercepted', 'canceled', 'cancelling']);
  const rows = visible(world, request, access).filter(
    (entry) =>
      (days === undefined || entry.latestTime >= world.now() - days * DAY_MS) &&
      entry.host.name.includes(hostName) &&
      (srcIp === undefined || entry.srcIp === srcIp) &&
      (status === undefined || statusOf(entry) === status),
  );
  return paged(rows, pageOf(query), (entry) => ({
    host_id: entry.host.id,
    host_name: entry.host.name,
    src_ip: entry.srcIp,
    login_type: entry.loginType,
    intercept_num: entry.interceptNum,
    intercept_status: statusOf(entry),
    block_time: entry.blockTime,
    latest_time: entry.latestTime,
  }));
}

interface UnblockBody {
  readonly data_list: readonly {
    readonly host_id: string;
    readonly src_ip: string;
    readonly login_type: string;
  }[];
}

const UNBLOCK = object({
  data_list: required(
    list(
      object({
        host_id: required(text(1, 64)),
        src_ip: required(text(1, 256)),
        login_type: required(oneOf(LOGIN_TYPES)),
      }),
      1,
      100,
    ),
  ),
});

/** `PUT /v5/{project_id}/event/blocked-ip`: lets addresses in again, all of them or none. */
export function unblockIps(world: World, request: SimulatorRequest, access: Access): void {
  const body = parsedBody(request.body);
  checkedBy(UNBLOCK, body);
  const candidates = visible(world, request, access);
  const found = (body as UnblockBody).data_list.map(
    ({ host_id: hostId, src_ip: srcIp, login_type: loginType }) => {
      const entry = candidates.find(
        (each) => each.host.id === hostId && each.srcIp === srcIp && each.loginType === loginType,
      );
      if (entry === undefined) throw refusedByHss('HSS.0011', `blocked address ${srcIp}`);
      return entry;
    },
  );
  for (const entry of found) entry.unblockedAt ??= world.now();
}
