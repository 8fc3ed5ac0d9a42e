import type { GuardRailsConfig } from '../../config/config.js';
import { foldedPath } from './file-path.js';
import { USUAL_WIDEST_LOGIN, type WidestLogin } from './login-range.js';

/** Raised whenever what is built in changes, so that a refusal tells by which rules it was made. */
export const BUILT_IN_VERSION = '2';

/** The rails, each of which can be switched off by its name. */
export const RAIL_NAMES = [
  'system_pid',
  'system_process',
  'protected_path',
  'protected_hash',
  'protected_host',
  'login_range',
] as const;
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

/** Where the system and the HSS agent live: nothing at or below these is quarantined. */
const PROTECTED_PATHS = [
  '/bin',
  '/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/boot',
  '/etc',
  '/dev',
  '/proc',
  '/sys',
  '/usr/lib/systemd',
  '/usr/local/hostguard',
  'C:\\Windows',
  'C:\\Program Files\\HostGuard',
  'C:\\Program Files (x86)\\HostGuard',
] as const;

/** The rails as they stand: what is built in and what the configuration adds. */
export interface GuardRails {
  readonly version: string;
  /** What a refusal says of itself. */
  readonly verdict: string;
  readonly has: (rail: RailName) => boolean;
  readonly processes: readonly RegExp[];
  /** Folded: lower case where the system does not tell the cases apart, no dots, no doubled separators. */
  readonly paths: readonly string[];
  readonly hashes: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
  readonly widestLogin: WidestLogin;
}

export function readRails(config: GuardRailsConfig = {}): GuardRails {
  const { off = [], processes = [], paths = [], hashes = [], hosts = [], widestLogin } = config;
  const version = config.version === undefined ? BUILT_IN_VERSION : `${BUILT_IN_VERSION}+${config.version}`;
  const missing: ReadonlySet<string> = new Set(off);
  return {
    version,
    verdict: `The guard rails (version ${version}) do not let this through; see violations. Nothing was done.`,
    has: (rail) => !missing.has(rail),
    processes: [...SYSTEM_PROCESSES, ...processes].map(patternOf),
    paths: [...PROTECTED_PATHS, ...paths].map(foldedPath),
    hashes: new Set(hashes.map((hash) => hash.toLowerCase())),
    hosts: new Set(hosts),
    widestLogin: widestLogin ?? USUAL_WIDEST_LOGIN,
  };
}

/** A file name in which `*` stands for anything. */
function patternOf(name: string): RegExp {
  const escaped = name.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 'i');
}
