/** One thing that is wrong with the configuration. Carries no value: what was written may be a secret. */
export interface Problem {
  /** A variable's name, or a path into the YAML file such as `callers[0].keys[1].sha256`. */
  readonly key: string;
  /** What is allowed there and what to do about it. */
  readonly problem: string;
}

/** The gateway cannot start: everything that is wrong with its configuration, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly Problem[]) {
    const lines = problems.map(({ key, problem }) => `  ${key}: ${problem}`);
    super([`the configuration has ${counted(problems.length)}:`, ...lines].join('\n'));
  }
}

/** Collects problems while the configuration is read, so that a bad start reports all of them. */
export class Problems {
  private readonly found: Problem[] = [];

  add(key: string, problem: string): void {
    this.found.push(Object.freeze({ key, problem }));
  }

  throwIfAny(): void {
    if (this.found.length > 0) throw new ConfigError(Object.freeze([...this.found]));
  }
}

function counted(problems: number): string {
  return problems === 1 ? '1 problem' : `${problems} problems`;
}
