import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { CONFIG, type AccessConfig, type Config } from '../../config/config.js';
import { FollowedFile } from '../../config/config-file.js';
import { ConfigError } from '../../config/field.js';
import { rereadAccess } from '../../config/load-config.js';
import { Clock, repeatedly } from '../../domain/times.js';
import { CallerDirectory } from './caller-directory.js';

/** A change counts at the second look that sees it: well within a second. */
export const LOOK_EVERY_MS = 200;
/** An editor may take the file away for a moment. */
const LOOKS_UNTIL_MISSED = 8;

/** Reads callers, their credentials and grants again when the configuration file changes; a bad file changes nothing. */
@Injectable()
export class CallerConfigReloader implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(CallerConfigReloader.name);
  #access: AccessConfig;
  #stop: (() => void) | undefined;
  #unreadable = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly directory: CallerDirectory,
    private readonly clock: Clock,
  ) {
    this.#access = config;
  }

  onApplicationBootstrap(): void {
    if (this.config.file === undefined) return;
    const file = new FollowedFile(this.config.file);
    this.#stop = repeatedly(this.clock, LOOK_EVERY_MS, () => this.#look(file));
  }

  beforeApplicationShutdown(): void {
    this.#stop?.();
  }

  async #look(file: FollowedFile): Promise<void> {
    try {
      const text = await file.look();
      if (this.#unreadable >= LOOKS_UNTIL_MISSED)
        this.#logger.log('the configuration file can be read again');
      this.#unreadable = 0;
      if (text !== undefined) this.#adopt(text);
    } catch (error) {
      this.#unreadable += 1;
      if (this.#unreadable !== LOOKS_UNTIL_MISSED) return;
      const { code } = error as NodeJS.ErrnoException;
      this.#logger.error({ code }, 'the configuration file cannot be read: the callers known so far stay');
    }
  }

  #adopt(text: string): void {
    const before = this.#access;
    try {
      this.#access = this.#read(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { problems } = error;
      this.#logger.error({ problems }, 'the configuration file is wrong: the callers known so far stay');
      return;
    }
    const changes = changesBetween(before, this.#access);
    if (changes === undefined) return;
    this.directory.replace(this.#access);
    this.#logger.log(changes, 'callers were read again');
  }

  #read(text: string): AccessConfig {
    const { projects, demo, demoCaller } = this.config;
    const access = rereadAccess(text, projects.keys(), demo);
    return demoCaller ? { ...access, callers: [...access.callers, demoCaller] } : access;
  }
}

/** Ids of what differs; undefined when nothing does. */
function changesBetween(before: AccessConfig, after: AccessConfig): Record<string, string[]> | undefined {
  const old = new Map(before.callers.map((caller) => [caller.id, JSON.stringify(caller)]));
  const added = after.callers.filter(({ id }) => !old.has(id)).map(({ id }) => id);
  const changed = after.callers
    .filter((caller) => old.has(caller.id) && old.get(caller.id) !== JSON.stringify(caller))
    .map(({ id }) => id);
  const removed = [...old.keys()].filter((id) => !after.callers.some((caller) => caller.id === id));
  const issuers = JSON.stringify(before.issuers ?? []) !== JSON.stringify(after.issuers ?? []);
  if (added.length + changed.length + removed.length === 0 && !issuers) return undefined;
  return { added, changed, removed, issuers: issuers ? (after.issuers ?? []).map(({ name }) => name) : [] };
}
