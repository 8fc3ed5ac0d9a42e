import type { ListOperation } from '../../src/domain/operation-type.js';
import { SimulatorClient } from '../../src/simulator/client.js';
import type { Simulator } from '../../src/simulator/simulator.js';
import { CONTRACT_PAYLOADS } from '../fixtures/contract-payloads.js';

/** One of the operations on items of lists. */
export interface Kind {
  readonly operation: ListOperation;
  readonly list: string;
  readonly route: string;
  /** Upstream's call. */
  readonly method: string;
  readonly path: string;
  /** The contract's own operate call that puts something on the list. */
  readonly section?: string;
  /** How the item shows on the list when it is done; absent: not at all. */
  readonly status?: string;
}

/** All of them. */
export const KINDS: readonly Kind[] = [
  {
    operation: 'remove_alarm_whitelist_entries',
    list: 'alarm-whitelist',
    route: 'alarm-whitelist/removals',
    method: 'DELETE',
    path: '/event/white-list/alarm',
    section: '9.5',
  },
  {
    operation: 'remove_login_whitelist_entries',
    list: 'login-whitelist',
    route: 'login-whitelist/removals',
    method: 'DELETE',
    path: '/event/white-list/login',
    section: '9.7',
  },
  {
    operation: 'restore_isolated_files',
    list: 'isolated-files',
    route: 'isolated-files/restorations',
    method: 'PUT',
    path: '/event/isolated-file',
    section: '9.9',
    status: 'restored',
  },
  {
    operation: 'delete_isolated_files',
    list: 'isolated-files',
    route: 'isolated-files/deletions',
    method: 'DELETE',
    path: '/event/isolated-file',
    section: '9.9',
  },
  {
    operation: 'unblock_addresses',
    list: 'blocked-addresses?hostName=bastion',
    route: 'blocked-addresses/unblockings',
    method: 'PUT',
    path: '/event/blocked-ip',
    status: 'canceled',
  },
];

/** An item as the gateway lists it, as far as tests look. */
export interface ListedItem {
  readonly id: string;
  readonly target: Readonly<Record<string, string | number>>;
  readonly status?: string;
}

/** Calls of the event family straight to the cloud, each of which it takes. */
export async function sendUpstream(
  simulator: Simulator,
  method: string,
  path: string,
  ...bodies: readonly unknown[]
): Promise<void> {
  const cloud = new SimulatorClient(simulator);
  const headers = { 'X-Auth-Token': await cloud.token() };
  for (const body of bodies) {
    const answer = await cloud.send(method, `/v5/${simulator.project.id}/event/${path}`, { headers, body });
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.bodyText}`);
  }
}

/** Puts something on a list where nothing is to begin with. */
export async function putOnList(simulator: Simulator, { section }: Kind): Promise<void> {
  if (section === undefined) return;
  const payload = CONTRACT_PAYLOADS.find(({ name }) => name.startsWith(`${section} `));
  if (!payload) throw new Error(`the contract has no ${section}`);
  await sendUpstream(simulator, 'POST', `operate?${payload.query}`, payload.body);
}

export interface Login {
  readonly privateIp: string;
  readonly loginIp: string;
  readonly loginUserName: string;
}

export const loginNo = (index: number): Login => ({
  privateIp: '10.0.0.1',
  loginIp: `203.0.113.${index % 256}`,
  loginUserName: `deploy-${index}`,
});

/** Puts logins on the whitelist, in this order. */
export function putLogins(simulator: Simulator, logins: readonly Login[]): Promise<void> {
  const bodies = logins.map(({ privateIp, loginIp, loginUserName }) => ({
    private_ip: privateIp,
    login_ip: loginIp,
    login_user_name: loginUserName,
  }));
  return sendUpstream(simulator, 'POST', 'white-list/login', ...bodies);
}
