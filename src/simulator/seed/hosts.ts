import { createHash } from 'node:crypto';
import type { AgentState, Host } from '../hss/alarm.js';
import { readJsonFile } from '../json.js';

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

const FOLDER = new URL('./', import.meta.url);

/** A file of seeds beside this one. */
export function readSeed<Seed>(name: string): readonly Seed[] {
  return readJsonFile(new URL(`${name}.json`, FOLDER)) as Seed[];
}

/**
 * A host of the seed. Those that generate no alarms are the hosts of the contract's example payloads (contract 9), two of which
 * have the same agent there, and two that make isolation fail: one whose agent is offline, and one that has none any more.
 */
type HostSeed = Pick<Host, 'name' | 'privateIp'> &
  Partial<Host> & {
    readonly agent?: AgentState;
    /** The kind of generated alarms that are spread over it. */
    readonly generates?: 'host' | 'container';
  };

const SEEDS = readSeed<HostSeed>('hosts').map(({ agent = 'online', generates, ...given }) => {
  const { name } = given;
  const ids = { id: fixedUuid(`host ${name}`), agentId: fixedHash(`agent ${name}`) };
  const host: Host = { ...ids, publicIp: '', os: 'Linux', assetValue: 'common', ...given };
  return { host, agent, generates };
});

/** Agents by id and whether they answer; an agent that is not listed does not exist. */
export function initialAgents(): (readonly [string, AgentState])[] {
  return SEEDS.map(({ host, agent }) => [host.agentId, agent]);
}

export function hostNamed(name: string): Host {
  const found = SEEDS.find(({ host }) => host.name === name);
  if (!found) throw new Error(`the seed has no host ${name}`);
  return found.host;
}

/** The host of the operate page's own example. */
export const SEED_HOST = hostNamed('rootkit-host');
export const LIBRARY_HOST = hostNamed('app-server-15');

const generating = (kind: 'host' | 'container'): Host[] =>
  SEEDS.filter(({ generates }) => generates === kind).map(({ host }) => host);

/** The hosts that generated alarms are spread over. */
export const GENERATED_HOSTS: Readonly<Record<'host' | 'container', readonly Host[]>> = {
  host: generating('host'),
  container: generating('container'),
};
