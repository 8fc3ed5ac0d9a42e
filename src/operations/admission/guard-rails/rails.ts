import type { GuardRailsConfig } from '../../../config/config.js';
import { RAIL_NAMES } from '../../../config/schema.js';
import { DEFAULT_WIDEST_LOGIN, type WidestLogin } from './login-range.js';
import { namePattern, protectedPlaces, type NamePattern, type Place } from './paths.js';

/** Raised whenever what is built in changes, so that a refusal shows by which rules it was made. */
const BUILT_IN_VERSION = '3';

/** The guard rails, each of which can be switched off by its name. */
export { RAIL_NAMES };
export type RailName = (typeof RAIL_NAMES)[number];

/** What keeps a host alive and in reach, its own protection included: by the file's name, wherever it is. */
const SYSTEM_PROCESSES = [
  'systemd',
  'systemd-*',
  'init',
  'sshd',
  'dbus-daemon',
  'networkmanager',
  'kubelet',
  'kube-proxy',
  'dockerd',
  'docker-proxy',
  'containerd',
  'containerd-shim*',
  'runc',
  'crio',
  'hostguard',
  'hostwatch',
  'csrss.exe',
  'lsass.exe',
  'services.exe',
  'smss.exe',
  'svchost.exe',
  'wininit.exe',
  'winlogon.exe',
  'hostguard.exe',
  'hostwatch.exe',
] as const;

/**
 * Where the system and the HSS agent live: nothing at or below these is quarantined, and no folder that holds one of them.
 * `/bin`, `/sbin` and the `/lib`s stand for those below `/usr` too.
 */
const PROTECTED_PATHS = [
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/boot',
  '/etc',
  '/dev',
  '/proc',
  '/sys',
  '/usr/local/hostguard',
  'C:\\Windows',
  'C:\\Program Files\\HostGuard',
  'C:\\Program Files (x86)\\HostGuard',
] as const;

/** The guard rails in force: what is built in and what the configuration adds. */
export interface GuardRails {
  readonly version: string;
  readonly has: (rail: RailName) => boolean;
  readonly processes: readonly NamePattern[];
  readonly paths: readonly Place[];
  readonly hashes: ReadonlySet<string>;
  /** Ids of agents, and of hosts where an item names those. */
  readonly hosts: ReadonlySet<string>;
  readonly widestLogin: WidestLogin;
}

export function readGuardRails(config: Partial<GuardRailsConfig> = {}): GuardRails {
  const { off = [], processes = [], paths = [], hashes = [], hosts = [] } = config;
  const { widestLogin = DEFAULT_WIDEST_LOGIN } = config;
  const version = config.version === undefined ? BUILT_IN_VERSION : `${BUILT_IN_VERSION}+${config.version}`;
  const missing: ReadonlySet<string> = new Set(off);
  return {
    version,
    has: (rail) => !missing.has(rail),
    processes: [...SYSTEM_PROCESSES, ...processes].map(namePattern),
    paths: [...PROTECTED_PATHS, ...paths].flatMap(protectedPlaces),
    hashes: new Set(hashes.map(foldedId)),
    hosts: new Set(hosts.map(foldedId)),
    widestLogin,
  };
}

/** An id or a hash in the one form in which two spellings of it compare equal: nothing says that upstream distinguishes cases. */
export function foldedId(text: string): string {
  return text.trim().toLowerCase();
}
