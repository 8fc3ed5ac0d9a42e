import { Logger, type OnModuleDestroy } from '@nestjs/common';

import { Clock } from '../domain/times.js';
import { Metrics } from '../metrics/metrics.js';
import { AuditEngine } from './audit.engine.js';
import type { VerificationRecord } from './audit-record.js';
import { faultWords, type TrailFault } from './trail-fault.js';
import { TrailKeeper } from './trail-keeper.js';
import { TrailOpening } from './trail-opening.js';
import { DatabaseSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import { TrailState } from './trail-state.js';
import { UNSEALED, type Verified } from './trail-verifier.js';
import { WitnessedCheckpoints } from './witnessed.js';

/** What is said of the verification to those who ask. */
export interface VerificationReport {
  /** Of the pass that is under way, or the last one. */
  readonly through: number;
  readonly covered: number;
  /** As long as a pass is under way, with those of the one before. */
  readonly faults: Verified['faults'];
  /** Epoch milliseconds: when a pass over everything ended last; absent: none has since the start. */
  readonly wholeAt?: number;
}

/** A trail of at most this size is verified as a whole before the first request. */
const SMALL_BYTES = 32 * 1_048_576;
/** Records that are looked at without a pause in between. */
const AT_ONCE = 256;
/** Between two of these while requests are served. */
const PAUSE_MS = 500;
/** While acts are refused. */
const BROKEN_PAUSE_MS = 5;
/** Between two looks at what others have found or a person has acknowledged, where the trail is shared. */
const LOOK_MS = 500;

/**
 * Verifies the trail: before the first request what came after the last checkpoint, and all of a small one; then, as long as the
 * gateway runs, everything again and again.
 */
export class TrailIntegrity implements OnModuleDestroy {
  readonly #logger = new Logger(TrailIntegrity.name);
  readonly #source: DatabaseSource;
  #verified: Verified | undefined;
  /** What was known when the pass under way began. */
  #knownFaults: Verified['faults'] = [];
  #wholeAt: number | undefined;
  #isWholePass = false;
  #cancel: (() => void) | undefined;
  #stopped = false;
  /** Whether it is at work, which it is from its start on, and decides itself when it goes on. */
  #isBusy = true;
  /** The last record of a verification that was looked at, and how many ranges were acknowledged by then. */
  #recalled = 0;
  #acknowledged = 0;
  /** When the next pass begins; `Infinity`: one is under way, `-Infinity`: it begins anew at once. */
  #due = 0;

  readonly state = new TrailState();

  constructor(
    private readonly engine: AuditEngine,
    private readonly keeper: TrailKeeper,
    private readonly opening: TrailOpening,
    private readonly witnessed: WitnessedCheckpoints,
    private readonly clock: Clock,
    metrics: Metrics,
    /** Between the end of a pass and the next one, at most. */
    private readonly restMs: number,
  ) {
    this.#source = new DatabaseSource(engine);
    keeper.onForeignEnd = (seq) => {
      if (!this.state.broken) void this.found({ what: 'foreign', first: seq, last: seq, detail: UNSEALED });
    };
    metrics.watch(
      'hss_gateway_audit_whole',
      '1 while nothing is known to be wrong with the audit trail.',
      () => Number(this.state.broken === undefined),
    );
    metrics.watch(
      'hss_gateway_audit_verified_records',
      'How far the verification of the audit trail has got, by the sequence of its records.',
      () => this.#verified?.through ?? 0,
    );
  }

  get report(): VerificationReport {
    const { through = 0, covered = 0, done, faults: found = [] } = this.#verified ?? {};
    const isFound = ({ what, first }: TrailFault) =>
      found.some((fault) => fault.what === what && fault.first === first);
    const faults = done ? found : [...found, ...this.#knownFaults.filter((fault) => !isFound(fault))];
    return { through, covered, faults, ...(this.#wholeAt !== undefined && { wholeAt: this.#wholeAt }) };
  }

  /** To be awaited before anything is done because of the trail. @throws Error where the trail cannot be gone on with */
  async start(): Promise<void> {
    await this.opening.open();
    await this.#recall();
    const isSmall = (await this.keeper.bytes()) <= SMALL_BYTES;
    await this.#begin(isSmall ? 'base' : 'checkpoint');
    while (!(await this.#step())) continue;
    this.#due = this.clock.monotonic() + (isSmall ? this.restMs : 0);
    this.#isBusy = false;
    this.#rest();
  }

  onModuleDestroy(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** What was found by others than the verification. */
  async found(fault: TrailFault): Promise<void> {
    this.#due = -Infinity;
    if (!this.#isBusy) this.#next(0);
    if (!this.state.broken) await this.#break(fault);
  }

  /**
   * What was found by another start, or another gateway, and nobody has acknowledged, is believed until everything was looked at again.
   *
   * @returns whether everything must be looked at again at once
   */
  async #recall(): Promise<boolean> {
    const all = await this.#source.statements();
    const statements = new TrailStatements(this.keeper.keys.verifiers, all);
    const isMore = statements.acknowledged.length > this.#acknowledged;
    this.#acknowledged = statements.acknowledged.length;
    const found = all.filter(({ kind }) => kind === 'verification').at(-1);
    if (!found || found.seq <= this.#recalled) return isMore;
    this.#recalled = found.seq;
    this.state.broken ??= faultsIn(found.body).find((fault) => !statements.acknowledges(fault));
    return isMore || this.state.broken !== undefined;
  }

  async #begin(from: 'base' | 'checkpoint'): Promise<void> {
    this.#isWholePass = from === 'base';
    this.#knownFaults = this.report.faults;
    this.#verified = await this.keeper.beginVerification({ from, witnessed: await this.witnessed.read() });
  }

  /** @returns whether the pass is over */
  async #step(): Promise<boolean> {
    this.#verified = await this.keeper.verify(AT_ONCE);
    const { done, faults } = this.#verified;
    const fault = faults.find(({ acknowledged }) => !acknowledged);
    if (fault && !this.state.broken) {
      const { acknowledged: _, ...found } = fault;
      await this.#break(found);
    }
    if (!done) return false;
    if (this.#isWholePass) this.#wholeAt = this.clock.now();
    if (!fault && this.#isWholePass && this.state.broken) {
      this.state.broken = undefined;
      this.#logger.log('the audit trail is whole, or what is wrong with it is acknowledged: acts go on');
    }
    return true;
  }

  #next(afterMs: number): void {
    if (this.#stopped) return;
    this.#cancel?.();
    this.#cancel = this.clock.schedule(afterMs, () => void this.#goOn());
  }

  async #goOn(): Promise<void> {
    this.#isBusy = true;
    try {
      // Of a trail of its own, a person acknowledges what is wrong while the gateway is stopped.
      if (this.keeper.isShared && (await this.#recall())) this.#due = -Infinity;
      const isOver = this.#verified?.done ?? true;
      if (isOver && this.clock.monotonic() < this.#due) return this.#rest();
      if (isOver || this.#due === -Infinity) await this.#begin('base');
      this.#due = Infinity;
      if (await this.#step()) this.#due = this.clock.monotonic() + this.restMs;
      this.#next(this.state.broken ? BROKEN_PAUSE_MS : Math.min(PAUSE_MS, this.restMs));
    } catch (error) {
      if (this.#stopped) return;
      this.#logger.warn({ err: error }, 'the audit trail cannot be verified at the moment; beginning anew');
      this.#verified = undefined;
      this.#due = this.clock.monotonic() + this.restMs;
      this.#rest();
    } finally {
      this.#isBusy = false;
    }
  }

  /** Until the next pass, or the next look at what others do. */
  #rest(): void {
    this.#next(this.keeper.isShared ? LOOK_MS : Math.max(0, this.#due - this.clock.monotonic()));
  }

  async #break({ what, first, last, detail }: TrailFault): Promise<void> {
    const fault = { what, first, last, detail };
    this.state.broken = fault;
    this.#logger.error(
      { fault },
      `nothing is sent to the cloud any more: ${faultWords(fault)} (docs/operations.md, "The trail is broken")`,
    );
    const at = new Date(this.clock.now()).toISOString();
    const record: VerificationRecord = { kind: 'verification', at, faults: [fault] };
    await this.engine
      .append([{ kind: record.kind, at: Date.parse(at), operationId: null, body: JSON.stringify(record) }])
      .catch((error: unknown) => this.#logger.warn({ err: error }, 'what was found could not be recorded'));
  }
}

/** Of a record that may have been changed by anybody. */
function faultsIn(body: string): readonly TrailFault[] {
  try {
    return (JSON.parse(body) as VerificationRecord).faults;
  } catch {
    return [];
  }
}
