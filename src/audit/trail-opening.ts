import { Injectable, Logger } from '@nestjs/common';

import { Clock } from '../domain/times.js';
import { AuditEngine } from './audit.engine.js';
import type { KeyRecord } from './audit-record.js';
import { TrailKeeper } from './trail-keeper.js';
import { DatabaseSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import { signedBy, type SignerKey } from './tree/signed-note.js';
import { signKeyChange } from './tree/statements.js';

/** Makes sure, before anything else is written, that the key is this trail's. */
@Injectable()
export class TrailOpening {
  readonly #logger = new Logger(TrailOpening.name);
  #origin: string | undefined;

  constructor(
    private readonly engine: AuditEngine,
    private readonly keeper: TrailKeeper,
    private readonly clock: Clock,
  ) {}

  /** Which tree this is: the name of the key that it was begun with. */
  get origin(): string {
    return this.#origin ?? this.keeper.keys.current.verifier.name;
  }

  /** @throws Error where the key is another one than the trail's, and the change is not configured */
  async open(): Promise<void> {
    const { current, previous } = this.keeper.keys;
    this.#logger.log(
      { publicKey: current.verifier.text },
      'the audit trail is signed with the key of this public key',
    );
    const source = new DatabaseSource(this.engine);
    const last = await source.lastCheckpoint();
    // That it is gone is found by the verification.
    if (!last) return;
    const first = last.size === 0 && (await source.treeSize()) === 0 ? await source.last() : undefined;
    if (first)
      this.#logger.warn(
        `the audit trail is signed from here on: nothing shows what was changed of its ${first.seq} records before, which an earlier version wrote`,
      );
    const { verifiers } = this.keeper.keys;
    const statements = await TrailStatements.read(source, verifiers, last);
    const own = signedBy(last.note).map(({ name, id }) => `${name}+${id}`);
    const of = statements.current === undefined ? own : [idOf(statements.current)];
    const isOf = ({ verifier }: SignerKey) => of.includes(idOf(verifier.text));
    if (!isOf(current) && !(previous && isOf(previous)))
      throw new Error(
        `the audit key ${idOf(current.verifier.text)} is not the one that the trail is signed with, which is ${of.join(', ')}: give that one as GATEWAY_AUDIT_KEY_FILE, or as GATEWAY_AUDIT_PREVIOUS_KEY_FILE to change to the other`,
      );
    // What is wrong with it is found by the verification.
    this.#origin = statements.opened(last.note)?.origin;
    if (!isOf(current) && previous) await this.#change(current, previous, statements);
  }

  /** A checkpoint into the database. */
  async keep(size: number, note: string): Promise<void> {
    const { place } = this.engine;
    await this.engine.query(
      `INSERT INTO checkpoint (size, at, note) VALUES (${place(1)}, ${place(2)}, ${place(3)}) ON CONFLICT (size) DO NOTHING`,
      [size, this.clock.now(), note],
    );
  }

  /** The key is another one from here on: the one before says so, once. */
  async #change(current: SignerKey, previous: SignerKey, statements: TrailStatements): Promise<void> {
    if (statements.wasChangedFrom(current.verifier))
      throw new Error(
        `the audit key ${idOf(current.verifier.text)} was changed to another one before: make a new one with hss-gateway audit key`,
      );
    const at = new Date(this.clock.now()).toISOString();
    const record: KeyRecord = {
      kind: 'key',
      at,
      origin: this.origin,
      key: current.verifier.text,
      previous: previous.verifier.text,
      note: signKeyChange(this.origin, current, previous),
    };
    await this.engine.append([
      { kind: record.kind, at: Date.parse(at), operationId: null, body: JSON.stringify(record) },
    ]);
    this.#logger.log({ publicKey: current.verifier.text }, 'the audit key is another one from here on');
  }
}

/** Name and digits of a key, by its verifier's text: what is shown of it. */
function idOf(verifier: string): string {
  return verifier.split('+', 2).join('+');
}
