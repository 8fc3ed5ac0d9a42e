import { DAY_MS, parseDuration } from '../domain/times.js';
import { INTERCEPT_STATUSES, LOGIN_TYPES } from '../domain/upstream-words.js';
import { oneOf, present, text, time, whole, type Listed } from './listed-value.js';
import { BLOCKED_ADDRESSES as LIST, itemIdOf } from '../hss/index.js';
import {
  BlockedAddressesQueryDto,
  type BlockedAddressDto,
  type BlockedAddressTargetDto,
} from './blocked-addresses.dto.js';
import type { ListedResource } from './listed-resource.js';

/** Contract 2.9.1. */
export const BLOCKED_ADDRESSES: ListedResource<BlockedAddressDto, BlockedAddressesQueryDto> = {
  list: LIST,
  query: BlockedAddressesQueryDto,
  filters: (query) => [
    ['src_ip', query.sourceIp],
    ['host_name', query.hostName],
    ['intercept_status', query.status],
    ['last_days', daysOf(query.last)],
  ],
  item: (line) => ({
    id: itemIdOf(LIST, line),
    ...present<Partial<BlockedAddressDto>>({
      target: targetOf(line),
      status: oneOf(INTERCEPT_STATUSES, line['intercept_status']),
      hostName: text(line['host_name']),
      interceptions: whole(line['intercept_num']),
      blockedAt: time(line['block_time']),
      latestAt: time(line['latest_time']),
    }),
  }),
  // Upstream tells of the login service, and of no alarm.
  facts: () => ({}),
};

/** Upstream counts back in days. */
function daysOf(last: string | undefined): string | undefined {
  const length = last === undefined ? undefined : parseDuration(last);
  return length === undefined ? undefined : String(length / DAY_MS);
}

function targetOf(line: Listed): BlockedAddressTargetDto | undefined {
  const hostId = text(line['host_id']);
  const sourceIp = text(line['src_ip']);
  const loginType = oneOf(LOGIN_TYPES, line['login_type']);
  return hostId && sourceIp && loginType ? { hostId, sourceIp, loginType } : undefined;
}
