import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { Clock, repeatedly } from '../domain/times.js';
import { AuditEngine } from './audit.engine.js';
import { AuditTrail } from './audit-trail.js';
import { TrailIntegrity } from './integrity.js';
import { TrailKeeper } from './trail-keeper.js';
import { TrailOpening } from './trail-opening.js';
import { DatabaseSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import { UNSEALED } from './trail-verifier.js';
import { TrailState } from './trail-state.js';
import { signCheckpoint } from './tree/checkpoint.js';

/** A checkpoint is made of so many records, or after so long. */
const EVERY_RECORDS = 1_000;
const EVERY_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
/** Whatever this process has written: others may have, and some records go another way. */
const LOOK_ANYHOW_MS = 10_000;
/** Records by which the tree grows at once, fewer where they are long: what is written meanwhile waits for two or three milliseconds. */
const GROW_BY = 250;
/** In between, so that what waits is written. */
const PAUSE_MS = 2;
/** Checkpoints are made so often at most because somebody asks for one. */
const ASKED_EVERY_MS = 1_000;

/** Lets the tree grow with the trail, and signs it. */
@Injectable()
export class Checkpointer implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger(Checkpointer.name);
  readonly #source: DatabaseSource;
  #stop: (() => void) | undefined;
  #growing: Promise<void> = Promise.resolve();
  /** Of the last checkpoint. */
  #size = 0;
  #at = 0;
  /** Records that the tree has. */
  #grown = 0;
  /** Whether something was written since it grew last, and when that was. */
  #isNews = true;
  #grownAt = -Infinity;
  /** What the growth of the tree has found, which is told once: a person may acknowledge it. */
  #fault: number | undefined;
  #superseded = false;
  #asked: Promise<void> | undefined;
  #askedAt = -Infinity;
  readonly #listeners: (() => void)[] = [];

  constructor(
    engine: AuditEngine,
    private readonly keeper: TrailKeeper,
    private readonly opening: TrailOpening,
    private readonly integrity: TrailIntegrity,
    private readonly state: TrailState,
    private readonly clock: Clock,
    trail: AuditTrail,
  ) {
    this.#source = new DatabaseSource(engine);
    trail.beforeClose(() => this.signLast());
    trail.onCommitted(() => (this.#isNews = true));
  }

  /** Is called after each checkpoint of this process. */
  onCheckpoint(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async onModuleInit(): Promise<void> {
    this.#size = (await this.#source.lastCheckpoint())?.size ?? 0;
    this.#at = this.clock.monotonic();
    this.#stop = repeatedly(this.clock, LOOK_EVERY_MS, () => this.#look());
  }

  onModuleDestroy(): void {
    this.#stop?.();
  }

  /** Signs what there is now, whether or not it is time. @throws Error where that cannot be done */
  async sign(): Promise<void> {
    this.#growing = this.#growing.catch(() => undefined).then(() => this.#grow(true));
    await this.#growing;
  }

  /** The same at the end, where it is said that it cannot be done. */
  async signLast(): Promise<void> {
    try {
      await this.sign();
    } catch (error) {
      this.#logger.warn({ err: error }, 'no checkpoint could be made at the end: the next start makes it');
    }
  }

  /** Signs soon what there is then, once for all who ask until then. @throws Error where that cannot be done */
  signSoon(): Promise<void> {
    return (this.#asked ??= this.#signAsked());
  }

  async #signAsked(): Promise<void> {
    await this.clock.wait(Math.max(0, this.#askedAt + ASKED_EVERY_MS - this.clock.monotonic()));
    this.#askedAt = this.clock.monotonic();
    // What is written from here on may come too late for this one.
    this.#asked = undefined;
    await this.sign();
  }

  async #look(): Promise<void> {
    const now = this.clock.monotonic();
    const isUnsigned = this.#grown > this.#size && now - this.#at >= EVERY_MS;
    if (!this.#isNews && !isUnsigned && now - this.#grownAt < LOOK_ANYHOW_MS) return;
    this.#isNews = false;
    this.#grownAt = now;
    try {
      this.#growing = this.#growing.catch(() => undefined).then(() => this.#grow(false));
      await this.#growing;
    } catch (error) {
      this.#isNews = true;
      this.#logger.warn({ err: error }, 'no checkpoint can be made at the moment; trying again');
    }
  }

  async #grow(isLast: boolean): Promise<void> {
    for (;;) {
      const { size, root, fault } = await this.keeper.grow(GROW_BY);
      this.#grown = size;
      if (fault !== undefined && fault !== this.#fault) {
        this.#fault = fault;
        await this.integrity.found({
          what: 'altered',
          first: fault,
          last: fault,
          detail: 'it does not follow from the one before',
        });
      }
      if (!root) {
        await this.clock.wait(PAUSE_MS);
        continue;
      }
      const isDue =
        isLast || size - this.#size >= EVERY_RECORDS || this.clock.monotonic() - this.#at >= EVERY_MS;
      if (isDue && size > this.#size) await this.#sign(size, root);
      return;
    }
  }

  async #sign(size: number, root: Uint8Array): Promise<void> {
    if (this.state.broken || (await this.#isSuperseded())) return;
    const last = await this.#source.lastCheckpoint();
    if ((last?.size ?? 0) < size) {
      if (!(await this.#isSealed(size))) return;
      const { current } = this.keeper.keys;
      const note = signCheckpoint({ origin: this.opening.origin, size, root }, current);
      await this.opening.keep(size, note);
      this.#logger.log({ checkpoint: note }, 'checkpoint');
    }
    this.#size = size;
    this.#at = this.clock.monotonic();
    for (const listener of this.#listeners) listener();
  }

  /** What somebody else has put in must not be signed. */
  async #isSealed(size: number): Promise<boolean> {
    const [last] = await this.#source.records(size - 1, 1);
    if (last?.seq === size && this.keeper.keys.isSealed(size, last.hash, last.seal)) return true;
    await this.integrity.found({ what: 'foreign', first: size, last: size, detail: UNSEALED });
    return false;
  }

  /** Another gateway on the same trail has changed to another key: whatever this one would sign would not be believed. */
  async #isSuperseded(): Promise<boolean> {
    const { verifiers, current } = this.keeper.keys;
    const changed = (await TrailStatements.read(this.#source, verifiers)).current;
    const superseded = changed !== undefined && changed !== current.verifier.text;
    if (superseded && !this.#superseded)
      this.#logger.warn(
        'the audit key was changed by another gateway: this one signs no checkpoint any more',
      );
    this.#superseded = superseded;
    return superseded;
  }
}
