import { isDeepStrictEqual } from 'node:util';

import { Logger } from '@nestjs/common';

import type { OperationTrail } from '../../src/audit/audit-record.js';
import { summaryOf } from '../../src/audit/operation-state.js';
import type { CallerConfig, Config } from '../../src/config/config.js';
import { OPERATION_TYPE_NAMES, OPERATIONS, type OperationType } from '../../src/domain/operation-type.js';
import type { Caller } from '../../src/domain/caller.js';
import { Problem } from '../../src/problems/problem.js';
import type { OperationResult } from '../../src/operations/operation-result.js';
import { requestedCommand } from '../../src/operations/prepare/operation.translator.js';
import { FIRST_PASSWORD, PROJECT, USER } from '../../src/simulator/account.js';
import type { Alarm } from '../../src/simulator/hss/alarm.js';
import { LIBRARY_HOST, fixedHash, fixedUuid } from '../../src/simulator/seed/hosts.js';
import { makeAlarm } from '../../src/simulator/seed/alarms.js';
import { LaggingCloud } from '../../src/simulator/listing-lag.js';
import { SimulatorState } from '../../src/simulator/state.js';
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
const rival: CallerConfig = { ...portal, id: 'rival' };
/** Settings of a gateway as it comes, but for what a run must not depend on. */
const CONFIG: Config = {
  ...asItComes(':memory:'),
  callers: [portal, rival],
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

/** One request of a run: what it was to do, and to which alarms. */
export interface Planned {
  /** The gateway's own id of the request. */
  readonly requestId: string;
  readonly operation: OperationType;
  readonly alarms: readonly Alarm[];
  readonly startAt: number;
  readonly caller: Caller;
  readonly byId: boolean;
  readonly background: boolean;
  /** What came of it, where the process lived to say so; of one that did not, why it was refused. */
  handled?: OperationResult | Problem;
}

/** What a run left behind. */
export interface Aftermath {
  readonly planned: readonly Planned[];
  /** Around which operations upstream's state was read. */
  readonly verify: Config['upstream']['verify'];
  readonly trails: readonly OperationTrail[];
  /** Ids of operations of which a list would tell otherwise than their records do. */
  readonly misread: readonly string[];
  readonly network: FaultyNetwork;
  readonly disk: InlineEngine;
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

function namedInFull({ eventId, eventClassId, eventType, occurTime, details: [detail] }: Alarm) {
  return {
    eventId,
    eventClassId,
    eventType,
    occurTime,
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
  };
}

function asked(planned: Pick<Planned, 'operation' | 'alarms' | 'byId' | 'background'>) {
  const { operation, alarms, byId, background } = planned;
  const named = byId
    ? { alarmIds: alarms.map(({ eventId, occurTime }) => ({ eventId, occurTime: String(occurTime) })) }
    : { alarms: alarms.map(namedInFull) };
  const command = requestedCommand({ operation, ...named });
  return background ? { ...command, background } : command;
}

/** How upstream and the clocks of a run behave. */
interface Weather {
  /** How long upstream's listings lag. */
  readonly lagMs: number;
  /** How far upstream's clock is off. */
  readonly skewMs: number;
  /** Whether somebody sets the gateway's clock. */
  readonly clockIsSet: boolean;
}

function weather(random: SeededRandom): Weather {
  return {
    lagMs: random.pick([0, 0, 300, 1_500]),
    skewMs: random.pick([0, 0, -60_000, 60_000, -8_000]),
    clockIsSet: random.below(3) === 0,
  };
}

/** Runs one seed: some operations, a network that misbehaves, a process that may die, and then calm. */
export async function simulate(seed: number): Promise<Aftermath> {
  Logger.overrideLogger(false);
  const random = new SeededRandom(seed);
  const clock = new FakeClock(START);
  const { lagMs, skewMs, clockIsSet } = weather(random);
  const options = { now: () => START + clock.monotonic() + skewMs, alarms: 0, tokenLifetimeMs: undefined };
  const state = new SimulatorState(options);
  const cloud = new LaggingCloud(state, options, lagMs, (milliseconds, task) =>
    clock.schedule(milliseconds, task),
  );
  const disk = new InlineEngine(clock);
  const planned = plan(random, cloud);
  const calm = new FaultyNetwork(cloud, clock, random, { until: 0, faultShare: 0 });
  await prepare(planned, new SimulatedProcess(CONFIG, new InlineEngine(clock), calm, clock, random), clock);
  for (const { alarms } of planned) for (const alarm of alarms) alarm.effects.length = 0;

  const faultShare = random.next() * 0.8;
  const until = clock.monotonic() + STORM_MS;
  const network = new FaultyNetwork(cloud, clock, random, { until, faultShare });
  const boot = () => new SimulatedProcess(configOf(seed), disk, network, clock, random);
  let gateway = boot();
  void gateway.start();
  for (const each of planned) {
    clock.schedule(each.startAt, () => {
      if (gateway.ready) void handle(gateway, each, clock);
    });
  }
  for (let crashes = random.below(3); crashes > 0; crashes -= 1) {
    clock.schedule(random.below(STORM_MS), () => {
      gateway.kill();
      network.told.push(`${clock.monotonic()} the process dies`);
      const next = boot();
      gateway = next;
      clock.schedule(500, () => void next.start());
    });
  }
  if (clockIsSet) {
    const by = random.pick([-3_600_000, -30_000, 30_000, 600_000]);
    clock.schedule(random.below(STORM_MS), () => {
      clock.set(by);
      network.told.push(`${clock.monotonic()} the clock is set by ${by}`);
    });
  }
  await clock.run(STORM_MS + CALM_MS);
  const { ids } = await gateway.store.page({}, 500);
  const [trails, summaries] = [await gateway.store.findAll(ids), await gateway.store.summaries(ids)];
  const misread = trails.flatMap((trail, index) =>
    isDeepStrictEqual(summaries[index], summaryOf(trail)) ? [] : [trail.intent.operationId],
  );
  return { planned, verify: configOf(seed).upstream.verify, trails, misread, network, disk };
}

async function handle(gateway: SimulatedProcess, planned: Planned, clock: FakeClock): Promise<void> {
  const now = clock.monotonic();
  const context = {
    requestId: planned.requestId,
    caller: planned.caller,
    receivedAt: now,
    deadlineAt: now + 10_000,
  };
  try {
    planned.handled = await gateway.operations.handle(asked(planned), context);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    planned.handled = error;
  }
}

function plan(random: SeededRandom, cloud: LaggingCloud): Planned[] {
  const planned: Planned[] = [];
  let alarms = 0;
  const fresh = (operation: OperationType) => {
    const index = alarms++;
    const alarm = alarmFor(operation, index);
    cloud.state.alarms.add(alarm);
    cloud.shown.alarms.add(alarmFor(operation, index));
    return alarm;
  };
  for (let count = 2 + random.below(5); count > 0; count -= 1) {
    // The same is asked for once more.
    const earlier = random.below(3) === 0 ? planned[random.below(planned.length)] : undefined;
    // By another caller at about the same moment, or by anybody at any time.
    const isRival = earlier !== undefined && random.below(2) === 0;
    const operation = earlier?.operation ?? random.pick(OPERATION_TYPE_NAMES);
    const size = random.pick([1, 1, 1, 2, 3]);
    planned.push({
      requestId: `request-${planned.length}`,
      operation,
      alarms: earlier?.alarms ?? Array.from({ length: size }, () => fresh(operation)),
      startAt: isRival ? earlier.startAt + random.below(200) : random.below(STORM_MS),
      caller: isRival && earlier.caller === portal ? rival : portal,
      byId: random.below(2) === 0,
      background: random.below(3) === 0,
    });
  }
  return planned;
}

/** What is to be taken back must have been done first. */
async function prepare(
  planned: readonly Planned[],
  gateway: SimulatedProcess,
  clock: FakeClock,
): Promise<void> {
  for (const { operation, alarms } of planned) {
    const { isReversal: takesBack, inverse } = OPERATIONS[operation];
    if (!takesBack) continue;
    const now = clock.monotonic();
    const context = { requestId: 'prepare', caller: portal, receivedAt: now, deadlineAt: now + 10_000 };
    const before = { operation: inverse, alarms, byId: false, background: false };
    const done = gateway.operations.handle(asked(before), context);
    await clock.run(10_000);
    await done;
  }
}
