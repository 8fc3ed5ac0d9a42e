import { isAddressRange } from '../domain/address-range.js';
import type {
  BackgroundConfig,
  DropInConfig,
  GuardRailsConfig,
  IdempotencyConfig,
  SigningKeyConfig,
} from './config.js';
import { EXPIRY_FORMS, parseExpiry } from './expiry.js';
import type { Field } from './field.js';
import { AGENT_ID, FILE_HASH, FILE_NAME, FILE_PATH, KEY_ID, RAIL_VERSION } from './formats.js';
import { noteRepeated } from './repeated.js';

const HOURS = { min: 1, max: 720 };
const SECONDS = { min: 0, max: 30 };
const AT_ONCE = { min: 1, max: 64 };
const MINUTES = { min: 1, max: 1_440 };
const HEARTBEAT_SECONDS = { min: 1, max: 60 };

/** The rails that can be switched off, by name. */
const RAILS = [
  'system_pid',
  'system_process',
  'protected_path',
  'protected_hash',
  'protected_host',
  'login_range',
  'whitelist_rule',
] as const;

export function readIdempotency(entry: Field): IdempotencyConfig {
  const { keepHours, joinSeconds } = entry.object('keepHours', 'joinSeconds');
  return {
    keptMs: keepHours.integer(HOURS, 72) * 3_600_000,
    joinMs: joinSeconds.integer(SECONDS, 10) * 1_000,
  };
}

export function readBackground(entry: Field): BackgroundConfig {
  const fields = entry.object('operationsAtOnce', 'deadlineMinutes', 'heartbeatSeconds');
  return {
    operationsAtOnce: fields.operationsAtOnce.integer(AT_ONCE, 4),
    deadlineMs: fields.deadlineMinutes.integer(MINUTES, 60) * 60_000,
    heartbeatMs: fields.heartbeatSeconds.integer(HEARTBEAT_SECONDS, 15) * 1_000,
  };
}

/** Shorter than an idempotency key may be kept: what was applied must be known for as long as it could be applied again. */
const PLAN_MINUTES = { min: 1, max: 55 };

export function readPlans(entry: Field): number {
  const { expireMinutes } = entry.object('expireMinutes');
  return expireMinutes.integer(PLAN_MINUTES, 15) * 60_000;
}

export function readGuardRails(entry: Field): GuardRailsConfig {
  const fields = entry.object('version', 'off', 'processes', 'paths', 'hashes', 'hosts', 'widestLogin');
  const texts = (field: Field, what: string, format: Parameters<Field['text']>[0]) =>
    field.list(what).map((item) => item.text(format));
  return {
    ...(fields.version.given && { version: fields.version.text(RAIL_VERSION) }),
    ...(fields.off.given && { off: fields.off.list('guard rail').map((rail) => rail.oneOf(RAILS)) }),
    ...(fields.processes.given && { processes: texts(fields.processes, 'file name', FILE_NAME) }),
    ...(fields.paths.given && { paths: texts(fields.paths, 'absolute path', FILE_PATH) }),
    ...(fields.hashes.given && { hashes: texts(fields.hashes, 'file hash', FILE_HASH) }),
    ...(fields.hosts.given && { hosts: texts(fields.hosts, 'agent id', AGENT_ID) }),
    ...(fields.widestLogin.given && { widestLogin: readWidestLogin(fields.widestLogin) }),
  };
}

/** Wider ones name nobody. */
const IPV4_PREFIX = { min: 16, max: 32 };
const IPV6_PREFIX = { min: 48, max: 128 };

function readWidestLogin(entry: Field): Required<GuardRailsConfig>['widestLogin'] {
  const { ipv4, ipv6 } = entry.object('ipv4', 'ipv6');
  return { ipv4: ipv4.integer(IPV4_PREFIX, 24), ipv6: ipv6.integer(IPV6_PREFIX, 64) };
}

export function readDropIn(entry: Field): DropInConfig {
  const { passUnknownFields } = entry.object('passUnknownFields');
  return { passUnknownFields: passUnknownFields.oneOf(['true', 'false'], 'false') === 'true' };
}

/** The key pairs that were issued to a caller, by their ids: their secrets are derived, never written down. */
export function readSigningKeys(entry: Field): SigningKeyConfig[] {
  const ids = new Set<string>();
  return entry.list('signing key').map((item) => {
    const fields = item.object('id', 'expiresAt', 'from');
    const id = fields.id.text(KEY_ID);
    noteRepeated(fields.id, id, ids, 'repeats the id of another signing key of this caller: rename one');
    return {
      id,
      ...(fields.expiresAt.given && { expiresAt: readExpiry(fields.expiresAt) }),
      ...(fields.from.given && { from: readRanges(fields.from) }),
    };
  });
}

export function readExpiry(field: Field): number {
  const expiresAt = parseExpiry(field.raw);
  if (expiresAt === undefined) field.note(`must be ${EXPIRY_FORMS}`);
  return expiresAt ?? 0;
}

export function readRanges(field: Field): string[] {
  return field.list('address or range').map((entry) => {
    if (typeof entry.raw === 'string' && isAddressRange(entry.raw)) return entry.raw;
    entry.note('must be an address or a range in CIDR notation, such as 10.0.0.0/8 or 2001:db8::/32');
    return '';
  });
}
