import { ALARM_WHITELIST } from './alarm-whitelist.js';
import { BLOCKED_ADDRESSES } from './blocked-addresses.js';
import { HANDLING_HISTORY } from './handling-history.js';
import { ISOLATED_FILES } from './isolated-files.js';
import type { ListDescriptor } from './list-descriptor.js';
import { LOGIN_WHITELIST } from './login-whitelist.js';

/** Every list of upstream's that the gateway shows, in the order of the document. */
export const LISTS: readonly ListDescriptor[] = [
  HANDLING_HISTORY,
  ALARM_WHITELIST,
  LOGIN_WHITELIST,
  ISOLATED_FILES,
  BLOCKED_ADDRESSES,
];
