import { INTERCEPT_STATUSES, LOGIN_TYPES } from '../domain/upstream-words.js';
import { BLOCKED_ADDRESSES as LIST } from '../hss/index.js';
import { AT, field, TEXT, text, TIME, WHOLE, word, type ListDescriptor } from './list-descriptor.js';

/** Contract 2.9. */
export const BLOCKED_ADDRESSES: ListDescriptor = {
  list: LIST,
  path: 'blocked-addresses',
  operationId: 'listBlockedAddresses',
  summary: 'List blocked addresses.',
  remarks: 'Addresses that upstream keeps out after failed logins. `target` is what unblocking takes.',
  plural: 'addresses',
  entry: ['BlockedAddress', 'An address that a host does not let in.'],
  page: ['BlockedAddressPage', 'One page of the blocked addresses.'],
  filters: {
    sourceIp: field('src_ip', text(1, 256), 'Only this address.', '203.0.113.66'),
    hostName: field('host_name', text(1, 256), 'Only hosts of this name.', 'rootkit-host'),
    status: field('intercept_status', word(INTERCEPT_STATUSES), 'Only blocks in this state.', 'intercepted'),
    // Upstream counts back in days.
    last: field(
      'last_days',
      { kind: 'last', wholeDaysUpTo: 30, formerly: ['lastDays'] },
      'Only blocks within this long before now, in whole days: `24h`, `7d`, or ISO 8601 such as `P7D`, up to `30d`.',
      '7d',
    ),
  },
  target: {
    schema: 'BlockedAddressTarget',
    takenBy: 'unblocking takes',
    noun: 'block',
    fields: {
      hostId: field(
        'host_id',
        text(1, 64),
        "Upstream's id of the host.",
        '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e',
      ),
      sourceIp: field('src_ip', text(1, 256), 'The address that is kept out.', '203.0.113.66'),
      loginType: field('login_type', word(LOGIN_TYPES), 'The service that it is kept out of.', 'ssh'),
    },
  },
  fields: {
    status: field(
      'intercept_status',
      word(INTERCEPT_STATUSES),
      "Its state now; the host's agent takes its time to change it.",
      'intercepted',
    ),
    hostName: field('host_name', TEXT, 'Name of the host.', 'rootkit-host'),
    interceptions: field('intercept_num', WHOLE, 'How often it was kept out.', 12),
    blockedAt: field('block_time', TIME, 'Since when.', AT),
    latestAt: field('latest_time', TIME, 'When it was last kept out.', '2026-08-16T09:25:22.734Z'),
  },
  // Upstream names the login service, and no alarm.
  facts: () => ({}),
  changes: [
    {
      operation: 'unblock_addresses',
      path: 'unblockings',
      operationId: 'unblockAddresses',
      summary: 'Let blocked addresses in again.',
      remarks:
        "The agents on the hosts take their time, which `activity` says; addresses that are let in already are `already`. It is limited like any act, because a block is upstream's own doing and lifting it lets an attacker try again.",
      request: ['Unblocking', 'Addresses to let in again.'],
      item: ['UnblockingItem', 'A blocked address.'],
    },
  ],
};
