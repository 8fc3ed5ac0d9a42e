import { KeyUses } from '../../src/http/identity/api-keys.js';
import { PublishedKeys } from '../../src/http/identity/identity.fixture.js';
import { CallerDirectory } from '../../src/http/identity/caller-directory.js';
import { ChainCheck } from '../../src/audit/chain-check.js';
import { BrakeStore, ClaimStore, KeyUseStore } from '../../src/audit/callers.store.js';
import { AdmissionRecheck } from '../../src/operations/background/admission-recheck.js';
import { AlarmReader } from '../../src/alarms/alarm-reader.js';
import { AlarmResolver } from '../../src/alarms/alarm-resolver.js';
import { CommandResolver } from '../../src/operations/prepare/command-resolver.js';
import {
  AuditEngine,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from '../../src/audit/audit.engine.js';
import { ExpirationStore } from '../../src/audit/expiration.store.js';
import { AuditTrail } from '../../src/audit/audit-trail.js';
import { type MarkFile, SentMarks } from '../../src/audit/sent-marks.js';
import { OperationStore } from '../../src/audit/operation.store.js';
import { SoleOwnership } from '../../src/audit/ownership.js';
import { Recovery } from '../../src/audit/recovery.js';
import type { TrailKeeper } from '../../src/audit/trail-keeper.js';
import { TrailState } from '../../src/audit/trail-state.js';
import { AuditKeys } from '../../src/audit/tree/audit-keys.js';
import type { Config } from '../../src/config/config.js';
import { Clock } from '../../src/domain/times.js';
import { Quotas } from '../../src/access/quotas.js';
import { Background } from '../../src/operations/background/background.js';
import { OperationRunner } from '../../src/operations/background/operation-runner.js';
import { ExpirationCapacity } from '../../src/operations/expirations/expiration-capacity.js';
import { Executor } from '../../src/operations/execution/executor.js';
import { Admission } from '../../src/operations/admission/admission.service.js';
import { BackgroundSlots } from '../../src/operations/admission/background-slots.js';
import { OperationsService } from '../../src/operations/operations.service.js';
import {
  IdempotencyService,
  InFlightDeduplicator,
} from '../../src/operations/admission/idempotency.service.js';
import { RunningOperations } from '../../src/operations/execution/running-operations.js';
import { Readers } from '../../src/lists/readers.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { DryRunService } from '../../src/operations/dry-run/dry-run.service.js';
import { TargetLocks } from '../../src/operations/execution/target-locks.js';
import { ChunkSender } from '../../src/operations/execution/chunk-sender.js';
import { StateReader } from '../../src/operations/execution/state-reader.js';
import { UndoService } from '../../src/operations/undo/undo.service.js';
import { SettlementService } from '../../src/operations/settlement/settlement.service.js';
import { UpstreamClient } from '../../src/upstream/index.js';
import { Transport, type Exchange, type WireRequest } from '../../src/upstream/transport.js';
import type { InlineEngine } from './inline-engine.js';
import type { SeededRandom } from './seeded-random.js';

const forever = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** Once dead, nothing of a process happens any more: no record, no byte, no timer. What it had already sent goes on. */
class Life {
  alive = true;
}

class MortalEngine extends AuditEngine {
  constructor(
    private readonly disk: InlineEngine,
    private readonly life: Life,
  ) {
    super();
  }

  /** Nothing is ready that the fake clock did not make so. */
  override turn(): Promise<void> {
    return Promise.resolve();
  }

  async append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]> {
    if (!this.life.alive) return forever();
    const leftOut = await this.disk.append(entries, () => this.life.alive);
    return this.life.alive ? leftOut : forever();
  }

  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    return this.life.alive ? this.disk.query(sql, parameters) : forever();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A file that outlives the process, and that a dead process writes nothing to. */
class MortalMarks implements MarkFile {
  constructor(
    private readonly file: { text?: string },
    private readonly life: Life,
  ) {}

  read = () => this.file.text;
  append = (text: string) => this.replace((this.file.text ?? '') + text);
  replace = (text: string) => {
    if (this.life.alive) this.file.text = text;
  };
  close = () => undefined;
}

class MortalTransport extends Transport {
  constructor(
    private readonly network: Transport,
    private readonly life: Life,
  ) {
    super();
  }

  async exchange(request: WireRequest): Promise<Exchange> {
    if (!this.life.alive) return forever();
    const exchange = await this.network.exchange(request);
    return this.life.alive ? exchange : forever();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class MortalClock extends Clock {
  constructor(
    private readonly clock: Clock,
    private readonly life: Life,
  ) {
    super();
  }

  now = () => this.clock.now();
  monotonic = () => this.clock.monotonic();
  wait = async (milliseconds: number) => {
    await this.clock.wait(milliseconds);
    if (!this.life.alive) await forever();
  };
  schedule = (milliseconds: number, task: () => void) =>
    this.clock.schedule(milliseconds, () => {
      if (this.life.alive) task();
    });
}

/** The gateway's own parts put together by hand, over a disk and a network that outlive them. */
export class SimulatedProcess {
  readonly #life = new Life();
  readonly operations: OperationsService;
  readonly store: OperationStore;
  readonly settler: SettlementService;
  readonly #recovery: Recovery;
  ready = false;

  constructor(config: Config, disk: InlineEngine, network: Transport, time: Clock, random: SeededRandom) {
    const clock = new MortalClock(time, this.#life);
    const engine = new MortalEngine(disk, this.#life);
    const trail = new AuditTrail(engine);
    const metrics = new Metrics();
    const upstream = new UpstreamClient(
      config,
      new MortalTransport(network, this.#life),
      clock,
      random,
      metrics,
    );
    this.store = new OperationStore(engine);
    const chain = new ChainCheck(engine, { keys: new AuditKeys(disk.database.keys) } as TrailKeeper, metrics);
    const ownership = new SoleOwnership(engine);
    const marks = new SentMarks(new MortalMarks(disk.marks, this.#life), 'one start of the machine');
    const whole = new TrailState();
    this.#recovery = new Recovery(this.store, trail, clock, ownership, marks, chain);
    this.settler = new SettlementService(config, this.store, trail, upstream, clock, this.#recovery);
    const callers = new CallerDirectory(
      config,
      new KeyUses(new KeyUseStore(engine), clock),
      new PublishedKeys(),
      clock,
    );
    const running = new RunningOperations();
    const resolver = new AlarmResolver(new AlarmReader(new Readers(config, upstream), clock), clock);
    const state = new StateReader(config, upstream, resolver, clock);
    const locks = new TargetLocks(config, this.store, chain, this.settler, running, clock);
    const sender = new ChunkSender(upstream, state, this.settler, this.store, marks, whole, locks, clock);
    const quotas = new Quotas(config, clock);
    const slots = new BackgroundSlots(quotas);
    const expirations = new ExpirationCapacity(new ExpirationStore(engine), quotas);
    const idempotency = new IdempotencyService(config, new ClaimStore(engine), this.store, clock);
    const executor = new Executor(trail, sender, clock, this.settler, metrics, running, marks);
    const runner = new OperationRunner(
      config,
      executor,
      running,
      this.store,
      ownership,
      trail,
      upstream,
      sender,
      this.settler,
      marks,
      chain,
      new AdmissionRecheck(config, callers, new BrakeStore(engine)),
      clock,
    );
    this.operations = new OperationsService(
      config,
      upstream,
      idempotency,
      new InFlightDeduplicator(config, clock),
      new CommandResolver(resolver, new UndoService(config, this.store, chain)),
      new Admission(config, quotas, slots, expirations, idempotency, trail, marks, whole, metrics, clock),
      running,
      executor,
      new Background(config, runner, slots, this.#recovery, clock, metrics),
      new DryRunService(upstream, state),
    );
  }

  /** As the real one, it takes requests only when it has looked after what an earlier one left. */
  async start(): Promise<void> {
    await this.#recovery.onModuleInit();
    this.ready = true;
  }

  kill(): void {
    this.#life.alive = false;
  }
}
