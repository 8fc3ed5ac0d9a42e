import { readFile } from 'node:fs/promises';

import type { Format } from '../../config/formats.js';
import { problemOfSecret, secretInFile } from '../../config/secret.js';
import type { Clock } from '../../domain/times.js';
import type { CredentialLog } from './authenticator.js';

/** A secret as it was at the start, and the file it can change in. */
export interface SecretSetting {
  readonly value: string;
  readonly file?: string | undefined;
  readonly format?: Format;
}

/** Files are not read more often than that, however often the secrets are used. */
const READ_EVERY_MS = 1_000;

/**
 * Secrets that belong together, as their files have them now. They change all at once or not at all: half of a new pair with
 * half of the old one would be refused, and count towards a lockout. A file that is gone, empty or bad leaves them as they are.
 */
export class ReloadingSecrets<Name extends string> {
  #values: Readonly<Record<Name, string>>;
  #version = 0;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #lastProblem: string | undefined;
  readonly #settings: readonly (readonly [Name, SecretSetting])[];
  readonly #fromFiles: boolean;

  constructor(
    settings: Readonly<Record<Name, SecretSetting>>,
    private readonly clock: Clock,
    private readonly log: CredentialLog,
  ) {
    this.#settings = Object.entries(settings) as [Name, SecretSetting][];
    this.#values = valuesOf(this.#settings.map(([name, { value }]) => [name, value] as const));
    this.#fromFiles = this.#settings.some(([, { file }]) => file !== undefined);
  }

  get values(): Readonly<Record<Name, string>> {
    return this.#values;
  }

  /** Goes up with each change. */
  get version(): number {
    return this.#version;
  }

  /** Reads the files again, if that is not too soon; `now` reads them in any case. */
  async refresh(when: 'now' | 'if_due' = 'if_due'): Promise<void> {
    if (!this.#fromFiles) return;
    const due = this.clock.monotonic() - this.#readAt >= READ_EVERY_MS;
    if (!this.#reading && !due && when === 'if_due') return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    this.#readAt = this.clock.monotonic();
    const read = await Promise.all(
      this.#settings.map(async ([name, setting]) => [name, await valueOf(setting)] as const),
    );
    const problem = read.map(([, result]) => result).find((result) => 'problem' in result);
    if (problem && 'problem' in problem) return this.#complain(problem);
    this.#lastProblem = undefined;
    const values = valuesOf(read.map(([name, result]) => [name, 'value' in result ? result.value : '']));
    const changed = this.#settings
      .map(([name]) => name)
      .filter((name) => values[name] !== this.#values[name]);
    if (changed.length === 0) return;
    this.#values = values;
    this.#version += 1;
    this.log.log({ secrets: changed }, 'secrets have changed in their files and are used from now on');
  }

  /** Once, not once a second. */
  #complain({ file, problem }: { file: string; problem: string }): void {
    if (this.#lastProblem === file + problem) return;
    this.#lastProblem = file + problem;
    this.log.warn(
      { file, problem },
      'a secret could not be read again from its file: the old one goes on serving',
    );
  }
}

type ReadSecret = { readonly value: string } | { readonly file: string; readonly problem: string };

async function valueOf({ value, file, format }: SecretSetting): Promise<ReadSecret> {
  if (file === undefined) return { value };
  try {
    const read = secretInFile(await readFile(file, 'utf8'));
    const problem = problemOfSecret(read, format);
    return problem === undefined ? { value: read } : { file, problem };
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException;
    return { file, problem: `cannot be read (${code})` };
  }
}

function valuesOf<Name extends string>(pairs: readonly (readonly [Name, string])[]): Record<Name, string> {
  return Object.fromEntries(pairs) as Record<Name, string>;
}
