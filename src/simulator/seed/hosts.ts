import { createHash } from 'node:crypto';
import type { Host } from '../hss/alarm.js';

/** A hash that looks random and is the same in every run. */
export function fixedHash(seed: string): string {
  return createHash('sha256').update(seed).digest('hex');
}

export function fixedUuid(seed: string): string {
  const hex = fixedHash(seed);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function host(name: string, privateIp: string, more: Partial<Host> = {}): Host {
  return {
    id: fixedUuid(`host ${name}`),
    name,
    privateIp,
    publicIp: '',
    os: 'Linux',
    agentId: fixedHash(`agent ${name}`),
    assetValue: 'common',
    ...more,
  };
}

/** The hosts of the contract's example payloads (contract 9) and of the operate page's own example. */
export const SEED_HOST = host('rootkit-host', '127.0.0.2', {
  agentId: 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8',
});
export const LIBRARY_HOST = host('app-server-15', '10.20.1.15', {
  agentId: '415a837bec3a9cb379bc339968b07fae65cede2f1b0fed44da818d651e2b4c0a',
  publicIp: '198.51.100.15',
  assetValue: 'important',
});
export const LOAD_TEST_HOST = host('load-generator-31', '10.20.2.31', {
  agentId: '450bd9dd6536437cc03621b1f37c1241159fc3e73b0261c2fd0973033ec5188f',
  assetValue: 'test',
});
/** Same agent as the load generator: the contract's payloads have it so. */
export const BASTION_HOST = host('bastion-8', '10.20.3.8', {
  agentId: LOAD_TEST_HOST.agentId,
  publicIp: '198.51.100.8',
});
export const CONTAINER_HOST = host('cce-node-1', '10.20.4.21', {
  agentId: '6c102de2bd7928d08637c5018d2d9842e88c22bdec3addd558cfe4aefe221674',
  assetValue: 'important',
});

/** Its agent does not answer: isolation is refused with HSS.1007. */
export const OFFLINE_HOST = host('branch-office-7', '10.20.9.7', { os: 'Windows' });
/** It has no agent any more: isolation is refused with HSS.1001. */
export const AGENTLESS_HOST = host('legacy-db-2', '10.20.9.2');

/** The hosts that generated alarms are spread over. */
export const GENERATED_HOSTS: readonly Host[] = [
  host('web-1', '10.21.1.11', { publicIp: '198.51.100.21', assetValue: 'important' }),
  host('web-2', '10.21.1.12', { publicIp: '198.51.100.22', assetValue: 'important' }),
  host('mysql-1', '10.21.2.11', { assetValue: 'important' }),
  host('redis-1', '10.21.2.21'),
  host('build-1', '10.21.3.11', { assetValue: 'test' }),
  host('win-office-1', '10.21.4.11', { os: 'Windows', publicIp: '198.51.100.41' }),
  host('win-office-2', '10.21.4.12', { os: 'Windows' }),
  CONTAINER_HOST,
  host('cce-node-2', '10.20.4.22', { assetValue: 'important' }),
];
