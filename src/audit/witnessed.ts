import { Inject, Injectable, Logger } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { AuditEngine } from './audit.engine.js';
import { FollowerStore } from './follower.store.js';
import { TrailKeeper } from './trail-keeper.js';
import { TrailOpening } from './trail-opening.js';
import { DatabaseSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import { judgeBy, WitnessFile, type FileContent, type Judge } from './witness-file.js';

/** Under which it is kept how far a witness has been shown the trail. */
export function witnessFollower(name: string): string {
  return `witness:${name}`;
}

/** Checkpoints that were kept elsewhere, and can be read again. */
@Injectable()
export class WitnessedCheckpoints {
  readonly #logger = new Logger(WitnessedCheckpoints.name);
  readonly #source: DatabaseSource;
  readonly #files: readonly { readonly name: string; readonly file: WitnessFile }[];
  /** What is wrong with a witness; each state is said once. */
  readonly #states = new Map<string, string>();

  constructor(
    @Inject(CONFIG) config: Pick<Config, 'audit'>,
    engine: AuditEngine,
    private readonly keeper: TrailKeeper,
    private readonly opening: TrailOpening,
    private readonly followers: FollowerStore,
  ) {
    this.#source = new DatabaseSource(engine);
    this.#files = (config.audit.witnesses ?? []).flatMap((witness) =>
      witness.kind === 'file' ? [{ name: witness.name, file: new WitnessFile(witness.path) }] : [],
    );
  }

  /**
   * Signed notes, of each file the one that covers most. What cannot be read, or lacks what it had, is said; what was read of it before
   * still counts.
   *
   * @throws AuditUnavailable
   */
  async read(): Promise<readonly string[]> {
    if (this.#files.length === 0) return [];
    const judge = await this.#judge();
    const notes: string[] = [];
    for (const { name, file } of this.#files) {
      // Before the file is read: what is shown meanwhile is in it.
      const shown = await this.followers.position(witnessFollower(name));
      const { note } = await this.#readOne(name, file, { judge, shown });
      if (note !== undefined) notes.push(note);
    }
    return notes;
  }

  async #readOne(
    name: string,
    file: WitnessFile,
    { judge, shown }: { readonly judge: Judge; readonly shown: number },
  ): Promise<Pick<FileContent, 'note'>> {
    try {
      const content = await file.read(judge);
      this.#sayLacking(name, shown, content);
      return content;
    } catch (error) {
      this.#sayUnread(name, shown, (error as NodeJS.ErrnoException).code);
      return file.known(judge);
    }
  }

  async #judge(): Promise<Judge> {
    const { verifiers } = this.keeper.keys;
    const statements = await TrailStatements.read(
      this.#source,
      verifiers,
      await this.#source.lastCheckpoint(),
    );
    return judgeBy(statements, this.opening.origin);
  }

  #sayLacking(witness: string, shown: number, { size: has, isAnew }: FileContent): void {
    if (has >= shown) {
      this.#states.delete(witness);
      if (isAnew && shown > 0)
        this.#logger.warn(
          { witness, shown, has },
          'the file of a witness was cut short or replaced: what it was shown before may be gone',
        );
    } else if (this.#isNews(witness, has === 0 ? 'nothing' : 'less'))
      this.#logger.warn(
        { witness, shown, has },
        has === 0
          ? 'a witness holds no checkpoint of this trail, although it was shown some: its file was emptied or replaced'
          : 'a witness lacks checkpoints that it was shown: its file was cut short or replaced',
      );
  }

  #sayUnread(witness: string, shown: number, code = 'unexpected'): void {
    if (!this.#isNews(witness, code)) return;
    if (code !== 'ENOENT')
      this.#logger.warn(
        { witness, code },
        'a witness cannot be read, so the trail is not held against what it has seen',
      );
    else if (shown > 0)
      this.#logger.warn({ witness, shown }, 'a witness was shown checkpoints, and its file was removed');
    else this.#logger.log({ witness }, 'a witness has no file yet: it is begun');
  }

  #isNews(witness: string, state: string): boolean {
    const isNews = this.#states.get(witness) !== state;
    this.#states.set(witness, state);
    return isNews;
  }
}
