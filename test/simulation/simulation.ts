import { isDeepStrictEqual } from 'node:util';

import { Logger } from '@nestjs/common';

import { orderOf } from '../../src/api/operations/order.translator.js';
import type { ReceiptDto } from '../../src/api/operations/receipt.dto.js';
import { receiptOf } from '../../src/api/operations/receipt.translator.js';
import { summaryOf } from '../../src/audit/operation-summary.js';
import type { Config } from '../../src/config/config.js';
import {
  OPERATION_TYPE_NAMES,
  OPERATION_TYPES,
  type OperationType,
} from '../../src/domain/operation-type.js';
import type { Handled } from '../../src/operations/handled.js';
import { FIRST_PASSWORD, PROJECT, USER } from '../../src/simulator/account.js';
import type { Alarm } from '../../src/simulator/hss/alarm.js';
import { LIBRARY_HOST, fixedHash, fixedUuid } from '../../src/simulator/seed/hosts.js';
import { makeAlarm } from '../../src/simulator/seed/make-alarm.js';
import { World } from '../../src/simulator/world.js';
import { asItComes, portal } from '../support/gateway.js';
import { FakeClock } from './fake-clock.js';
import { FaultyNetwork } from './faulty-network.js';
import { InlineEngine } from './inline-engine.js';
import { SimulatedProcess } from './process.js';
import { SeededRandom } from './seeded-random.js';

const START = Date.UTC(2026, 7, 16);
/** Faults and crashes happen in this time, and then the network is well. */
const STORM_MS = 30_000;
const CALM_MS = 240_000;
/** Settings of a gateway as it comes, but for what a run must not depend on. */
const CONFIG: Config = {
  ...asItComes(':memory:'),
  projects: new Map([
    [
      'test',
      {
        name: 'test',
        region: PROJECT.region,
        projectId: PROJECT.id,
        hssEndpoint: 'http://hss.test',
        iamEndpoint: 'http://iam.test',
        credentials: {
          kind: 'password',
          domainName: USER.domain.name,
          userName: USER.user.name,
          password: FIRST_PASSWORD,
        },
        enterpriseProjectId: '0',
      },
    ],
  ]),
};

const VERIFY = ['never', 'destructive', 'always'] as const;

/** A third of the seeds each reads upstream's state around no operation, around isolations, around all. */
function configOf(seed: number): Config {
  return { ...CONFIG, upstream: { ...CONFIG.upstream, verify: VERIFY[seed % VERIFY.length] ?? 'never' } };
}

/** One operation of a run: what it was to do, and to which alarm. */
export interface Planned {
  readonly operation: OperationType;
  readonly alarm: Alarm;
  readonly startAt: number;
  /** The answer, where the process lived to give one. */
  handled?: Handled;
}

/** What a run left behind. */
export interface Aftermath {
  readonly planned: readonly Planned[];
  readonly receipts: readonly ReceiptDto[];
  /** Ids of operations of which a list would tell otherwise than their records do. */
  readonly misread: readonly string[];
  readonly world: World;
  /** What happened to the network, to read when a seed fails. */
  readonly told: readonly string[];
}

function alarmFor(operation: OperationType, index: number): Alarm {
  const login = operation.endsWith('login_whitelist');
  return makeAlarm({
    eventId: fixedUuid(`simulated ${index}`),
    eventClassId: login ? 'login_1002' : 'malware_1001',
    eventType: login ? 4004 : 1001,
    occurTime: START - 60_000 + index,
    details: [
      {
        agent_id: LIBRARY_HOST.agentId,
        process_pid: 4000 + index,
        file_hash: fixedHash(`simulated file ${index}`),
        file_path: `/opt/simulated/${index}`,
        keyword: `file_path=/opt/simulated/${index}`,
        hash: fixedHash(`simulated ${index}`),
        private_ip: LIBRARY_HOST.privateIp,
        login_ip: `203.0.113.${index}`,
        login_user_name: 'root',
      },
    ],
  });
}

function requestFor({ operation, alarm }: Planned) {
  const [detail] = alarm.details;
  return {
    operation,
    alarms: [
      {
        eventId: alarm.eventId,
        eventClassId: alarm.eventClassId,
        eventType: alarm.eventType,
        occurTime: alarm.occurTime,
        details: [
          {
            agentId: detail?.agent_id ?? '',
            processPid: detail?.process_pid ?? 0,
            fileHash: detail?.file_hash ?? '',
            filePath: detail?.file_path ?? '',
            keyword: detail?.keyword ?? '',
            hash: detail?.hash ?? '',
            privateIp: detail?.private_ip ?? '',
            loginIp: detail?.login_ip ?? '',
            loginUserName: detail?.login_user_name ?? '',
          },
        ],
      },
    ],
  };
}

/** Runs one seed: some operations, a network that misbehaves, a process that may die, and then calm. */
export async function simulate(seed: number): Promise<Aftermath> {
  Logger.overrideLogger(false);
  const random = new SeededRandom(seed);
  const clock = new FakeClock(START);
  const world = new World({ now: () => clock.now(), alarms: 0, tokenLifetimeMs: undefined });
  const calm = new FaultyNetwork(world, clock, random, { until: 0, faultShare: 0 });
  const disk = new InlineEngine(clock);
  const planned = plan(random, world);
  await prepare(planned, new SimulatedProcess(CONFIG, new InlineEngine(clock), calm, clock, random), clock);
  for (const { alarm } of planned) alarm.effects.length = 0;

  const faultShare = random.next() * 0.8;
  const network = new FaultyNetwork(world, clock, random, { until: clock.now() + STORM_MS, faultShare });
  const boot = () => new SimulatedProcess(configOf(seed), disk, network, clock, random);
  let gateway = boot();
  void gateway.start();
  const began = clock.now();
  for (const each of planned) {
    clock.schedule(each.startAt, () => {
      if (!gateway.ready) return;
      const now = clock.monotonic();
      const context = {
        requestId: `request-${each.alarm.eventId}`,
        caller: portal,
        receivedAt: now,
        deadlineAt: now + 10_000,
      };
      void gateway.operations.handle(orderOf(requestFor(each)), context).then((handled) => {
        each.handled = handled;
      });
    });
  }
  for (let crashes = random.below(3); crashes > 0; crashes -= 1) {
    clock.schedule(random.below(STORM_MS), () => {
      gateway.kill();
      network.told.push(`${clock.now()} the process dies`);
      const next = boot();
      gateway = next;
      clock.schedule(500, () => void next.start());
    });
  }
  await clock.runUntil(began + STORM_MS + CALM_MS);
  const trails = await gateway.store.list({}, 500);
  const summaries = await gateway.lists.summaries(trails.map(({ intent }) => intent.operationId));
  const misread = trails.flatMap((trail, index) =>
    isDeepStrictEqual(summaries[index], summaryOf(trail)) ? [] : [trail.intent.operationId],
  );
  return { planned, receipts: trails.map(receiptOf), misread, world, told: network.told };
}

function plan(random: SeededRandom, world: World): Planned[] {
  return Array.from({ length: 2 + random.below(5) }, (_, index) => {
    const operation = random.pick(OPERATION_TYPE_NAMES);
    const alarm = alarmFor(operation, index);
    world.alarms.add(alarm);
    return { operation, alarm, startAt: random.below(STORM_MS) };
  });
}

/** What is to be taken back must have been done first. */
async function prepare(
  planned: readonly Planned[],
  gateway: SimulatedProcess,
  clock: FakeClock,
): Promise<void> {
  for (const each of planned) {
    const { takesBack, inverse } = OPERATION_TYPES[each.operation];
    if (!takesBack) continue;
    const now = clock.monotonic();
    const context = { requestId: 'prepare', caller: portal, receivedAt: now, deadlineAt: now + 10_000 };
    const done = gateway.operations.handle(orderOf(requestFor({ ...each, operation: inverse })), context);
    await clock.runUntil(clock.now() + 1_000);
    await done;
  }
}
