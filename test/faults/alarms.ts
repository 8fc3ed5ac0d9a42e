import { OPERATIONS, type OperationType } from '../../src/domain/operation-type.js';
import { fixedHash, fixedUuid, LIBRARY_HOST } from '../../src/simulator/seed/hosts.js';
import type { NamedAlarm } from '../support/bulk-alarms.js';

const FIRST_TIME = 1_786_900_000_000;
/** Far enough apart that a look at one alarm's time does not list the others. */
const STEP_MS = 10_000;

interface KindOfAlarm {
  readonly eventClassId: string;
  readonly eventType: number;
}

const FILE: KindOfAlarm = { eventClassId: 'malware_1001', eventType: 1001 };
const LOGIN: KindOfAlarm = { eventClassId: 'login_1002', eventType: 4004 };

/** An alarm that takes the operation, with all that any operation asks for, as a request names it. */
export function alarmFor(operation: OperationType, index: number): NamedAlarm {
  return {
    ...(operation.endsWith('login_whitelist') ? LOGIN : FILE),
    eventId: fixedUuid(`matrix ${index}`),
    occurTime: FIRST_TIME + index * STEP_MS,
    details: [
      {
        agentId: LIBRARY_HOST.agentId,
        processPid: 4_000 + index,
        fileHash: fixedHash(`matrix file ${index}`),
        filePath: `/opt/matrix/${index}`,
        keyword: `file_path=/opt/matrix/${index}`,
        hash: fixedHash(`matrix ${index}`),
        privateIp: LIBRARY_HOST.privateIp,
        loginIp: `198.51.${Math.floor(index / 250)}.${1 + (index % 250)}`,
        loginUserName: 'root',
      },
    ],
  };
}

/** The same alarm as the simulated cloud is to have it. */
export const asAdded = ({ eventId, eventClassId, eventType, occurTime }: NamedAlarm) => ({
  eventId,
  eventClassId,
  eventType,
  occurTime,
});

/** The operation that must have been done before this one makes a difference. */
export function prerequisiteOf(operation: OperationType): OperationType | undefined {
  const { isReversal: takesBack, inverse } = OPERATIONS[operation];
  return takesBack ? inverse : undefined;
}
