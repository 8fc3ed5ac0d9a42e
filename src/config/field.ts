/** One thing that is wrong with the configuration. Carries no value: what was written may be a secret. */
export interface Problem {
  /** A variable's name, or a path into the YAML file such as `callers[0].keys[1].sha256`. */
  readonly key: string;
  /** What is allowed there and what to do about it. */
  readonly problem: string;
}

/** Collects problems while the configuration is read, so that a bad start reports all of them. */
export class Problems {
  readonly #found: Problem[] = [];

  add(key: string, problem: string): void {
    this.#found.push(Object.freeze({ key, problem }));
  }

  /** The same, unless something was noted there, below or above: of a refused value nothing else can be said. */
  addToAccepted(key: string, problem: string): void {
    const holds = (whole: string, part: string): boolean =>
      part.startsWith(whole) && ['', '.', '['].includes(part.charAt(whole.length));
    if (!this.#found.some((noted) => holds(noted.key, key) || holds(key, noted.key))) this.add(key, problem);
  }

  throwIfAny(): void {
    if (this.#found.length > 0) throw new ConfigError(Object.freeze([...this.#found]));
  }
}

/** The gateway cannot start: everything that is wrong with its configuration, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly Problem[]) {
    const lines = problems.map(({ key, problem }) => `  ${key}: ${problem}`);
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`the configuration has ${count}:`, ...lines].join('\n'));
  }
}

/**
 * One place in the configuration, and what is written there: text from a variable, or text, a list or a mapping from the
 * YAML file, whose scalars are all read as text so that both sources obey the same rules.
 */
export class Field {
  constructor(
    readonly key: string,
    /** As written, unchecked. Never to be put into a problem. */
    readonly raw: unknown,
    private readonly problems: Problems,
  ) {}

  /** Whether anything is written. An empty text is nothing: compose files pass unset variables on as empty ones. */
  get given(): boolean {
    return this.raw !== undefined && this.raw !== '';
  }

  note(problem: string): void {
    this.problems.add(this.key, problem);
  }

  /** A member of a mapping, given or not; a path of several names leads further in. */
  member(path: string): Field {
    return path.split('.').reduce<Field>((field, name) => {
      const raw: unknown = field.raw instanceof Map ? field.raw.get(name) : undefined;
      return new Field(field.key === '' ? name : `${field.key}.${name}`, raw, this.problems);
    }, this);
  }

  /** The items of a list; undefined when it is none. */
  items(): Field[] | undefined {
    if (!Array.isArray(this.raw)) return undefined;
    return this.raw.map((raw: unknown, index) => new Field(`${this.key}[${index}]`, raw, this.problems));
  }

  /** The same place, of which nothing is noted any more. */
  silent(): Field {
    return new Field(this.key, this.raw, new Problems());
  }
}
