import { fixedUuid } from '../../src/simulator/seed/hosts.js';
import type { Rig } from './gateway.js';

/** Whoever can send control requests to the simulated cloud. */
type Controller = Pick<Rig, 'control'>;

/** One alarm as a request names it. */
export interface NamedAlarm {
  readonly eventId: string;
  readonly eventClassId: string;
  readonly eventType: number;
  readonly occurTime: number;
  readonly details: readonly object[];
}

/** An effect that the simulator saw on one alarm. */
export interface ShownAlarm {
  readonly eventId: string;
  readonly handleStatus: 'handled' | 'unhandled';
  readonly handleMethod?: string;
  readonly effects: readonly { readonly operateType: string }[];
}

const FIRST_TIME = 1_700_000_000_000;
/** An agent that is online in a fresh simulator. */
const AGENT = 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8';

/**
 * Adds alarms of a class that takes every operation on files to the cloud, with all that those operations ask for.
 *
 * @param hostName one of the hosts that the cloud makes alarms of; absent: any
 */
export async function addAlarms(rig: Controller, count: number, hostName?: string): Promise<NamedAlarm[]> {
  const alarms = Array.from({ length: count }, (_, index) => ({
    eventId: fixedUuid(`bulk ${count} ${index}`),
    eventClassId: 'malware_1001',
    eventType: 1001,
    occurTime: FIRST_TIME + index,
    details: [
      {
        agentId: AGENT,
        processPid: 3123,
        fileHash: `file-${index}`,
        filePath: `/tmp/${index}`,
        keyword: `k-${index}`,
        hash: `h-${index}`,
      },
    ],
  }));
  const listed = alarms.map(({ details, ...alarm }) => ({
    ...{ ...alarm, ...(hostName !== undefined && { hostName }) },
    details: details.map(asListed),
  }));
  await rig.control('POST', '/alarms', { alarms: listed });
  return alarms;
}

const asListed = (detail: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );

/** What really happened to the alarms that anything happened to. */
export async function touched(rig: Controller): Promise<ShownAlarm[]> {
  return ((await rig.control('GET', '/state?touched=true')).body as { alarms: ShownAlarm[] }).alarms;
}
