import { Injectable, Logger } from '@nestjs/common';

import { Clock } from '../domain/times.js';
import { AuditEngine } from './audit.engine.js';
import type { KeyRecord } from './audit-record.js';
import { TrailKeeper } from './trail-keeper.js';
import { openCheckpoint } from './tree/checkpoint.js';
import { signedBy, type VerifierKey } from './tree/signed-note.js';
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
    const note = await this.#lastNote();
    // That it is gone is found by the verification.
    if (note === undefined) return;
    const signers = signedBy(note);
    const isBy = ({ name, id }: VerifierKey) =>
      signers.some((signer) => signer.name === name && signer.id === id);
    if (!isBy(current.verifier) && !(previous && isBy(previous.verifier)))
      throw new Error(
        `the audit key ${current.verifier.name}+${current.verifier.id} is not the one that the trail was signed with, which is ${signers.map(({ name, id }) => `${name}+${id}`).join(', ')}: give that one as GATEWAY_AUDIT_KEY_FILE, or as GATEWAY_AUDIT_PREVIOUS_KEY_FILE to change to the other`,
      );
    try {
      this.#origin = openCheckpoint(note, this.keeper.keys.verifiers).origin;
    } catch {
      // What is wrong with it is found by the verification.
    }
    if (!isBy(current.verifier) && previous) await this.#change();
  }

  /** A checkpoint into the database. */
  async keep(size: number, note: string): Promise<void> {
    const { place } = this.engine;
    await this.engine.query(
      `INSERT INTO checkpoint (size, at, note) VALUES (${place(1)}, ${place(2)}, ${place(3)}) ON CONFLICT (size) DO NOTHING`,
      [size, this.clock.now(), note],
    );
  }

  async #lastNote(): Promise<string | undefined> {
    const [row] = await this.engine.query('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1', []);
    return row?.['note'] as string | undefined;
  }

  /** The key is another one from here on: the one before says so, once. */
  async #change(): Promise<void> {
    const { current, previous } = this.keeper.keys;
    if (!previous) return;
    const rows = await this.engine.query(
      "SELECT body FROM audit_record WHERE kind IN ('key', 'acknowledgement', 'verification') AND kind = 'key'",
      [],
    );
    const known = rows.map(({ body }) => JSON.parse(String(body)) as KeyRecord);
    if (known.some(({ key }) => key === current.verifier.text)) return;
    const at = new Date(this.clock.now()).toISOString();
    const note = signKeyChange(this.origin, current.verifier.text, previous);
    const record: KeyRecord = {
      kind: 'key',
      at,
      origin: this.origin,
      key: current.verifier.text,
      previous: previous.verifier.text,
      note,
    };
    await this.engine.append([
      { kind: record.kind, at: Date.parse(at), operationId: null, body: JSON.stringify(record) },
    ]);
    this.#logger.log({ publicKey: current.verifier.text }, 'the audit key is another one from here on');
  }
}
