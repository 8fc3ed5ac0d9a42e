import { OTHER_PROJECT } from '../account.js';
import { DAY_MS } from '../settings.js';
import type { AgentState, Alarm } from '../hss/alarm.js';
import { contractAlarms } from './contract-alarms.js';
import { generatedAlarms } from './generated-alarms.js';
import * as hosts from './hosts.js';
import { specialAlarms } from './special-alarms.js';

const OFTEN_MS = 97 * 60_000;

/**
 * The alarms of a fresh simulator. Ids never change; the generated ones occurred in the days before the UTC day of
 * the start, so that a look-back of some days finds them.
 */
export function* seedAlarms(count: number, startedAt: number): Iterable<Alarm> {
  yield* contractAlarms();
  yield* specialAlarms();
  const today = startedAt - (startedAt % DAY_MS);
  const startTime = today - count * OFTEN_MS;
  yield* generatedAlarms({ name: 'main', count, startTime, stepMs: OFTEN_MS, handledEvery: 10 });
  const elsewhere = Math.max(5, Math.floor(count / 4));
  const otherStart = today - elsewhere * OFTEN_MS;
  yield* generatedAlarms({
    name: 'other',
    count: elsewhere,
    project: OTHER_PROJECT,
    startTime: otherStart,
    stepMs: OFTEN_MS,
  });
}

/** Agents and whether they answer; an agent that is not listed does not exist. */
export function firstAgents(): Map<string, AgentState> {
  const online = [
    hosts.SEED_HOST,
    hosts.LIBRARY_HOST,
    hosts.LOAD_TEST_HOST,
    hosts.BASTION_HOST,
    hosts.CONTAINER_HOST,
    ...hosts.GENERATED_HOSTS,
  ];
  const agents = new Map<string, AgentState>(online.map((host) => [host.agentId, 'online']));
  agents.set(hosts.OFFLINE_HOST.agentId, 'offline');
  agents.set(hosts.AGENTLESS_HOST.agentId, 'not_installed');
  return agents;
}
