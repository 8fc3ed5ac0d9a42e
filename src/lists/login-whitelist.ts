import { LOGIN_WHITELIST as LIST } from '../hss/index.js';
import {
  AT,
  ENTERPRISE_PROJECT_NAME,
  field,
  TEXT,
  text,
  TIME,
  type ListDescriptor,
} from './list-descriptor.js';

/** Contract 2.6. */
export const LOGIN_WHITELIST: ListDescriptor = {
  list: LIST,
  path: 'login-whitelist',
  operationId: 'listLoginWhitelist',
  summary: 'List the login whitelist.',
  remarks: 'Logins that no alarm is raised for any more. `target` is what removal takes.',
  plural: 'entries',
  entry: ['LoginWhitelistEntry', 'One entry of the login whitelist.'],
  page: ['LoginWhitelistPage', 'One page of the login whitelist.'],
  filters: {
    privateIp: field(
      'private_ip',
      text(1, 128),
      'Only logins to the host of this private address.',
      '192.168.0.31',
    ),
    loginIp: field('login_ip', text(1, 256), 'Only logins from this address or range.', '203.0.113.7'),
    loginUserName: field('login_user_name', text(1, 256), 'Only logins of this user.', 'deploy'),
  },
  target: {
    schema: 'LoginWhitelistTarget',
    takenBy: 'removal takes',
    noun: 'entry',
    fields: {
      privateIp: field('private_ip', text(1, 128), 'Private address of the host.', '192.168.0.31'),
      loginIp: field('login_ip', text(1, 256), 'From where.', '203.0.113.7'),
      loginUserName: field('login_user_name', text(1, 256), 'As whom.', 'deploy'),
    },
  },
  fields: {
    remark: field('remarks', TEXT, 'Why, in the words of the person who added it.', 'deployment host'),
    updatedAt: field('update_time', TIME, 'When it was last changed.', AT),
    enterpriseProjectName: ENTERPRISE_PROJECT_NAME,
  },
  // An entry keeps alarms of logins from being raised, of any type.
  facts: () => ({}),
  changes: [
    {
      operation: 'remove_login_whitelist_entries',
      path: 'removals',
      operationId: 'removeLoginWhitelistEntries',
      summary: 'Remove entries of the login whitelist.',
      remarks:
        'An entry that is no longer on the list is `already`. Alarms of these logins are raised again from then on.',
      request: ['LoginWhitelistRemoval', 'Entries to remove from the login whitelist.'],
      item: ['LoginWhitelistRemovalItem', 'One entry of the login whitelist.'],
    },
  ],
};
