import { nearest } from '../domain/nearest.js';
import { Problems } from './config.error.js';

/** How a text must look. */
export interface Format {
  readonly pattern: RegExp;
  /** Completes the sentence "must be ...". */
  readonly allowed: string;
}

/**
 * One place in the configuration, and what was written there: text from a variable, or text, a list or a mapping from the
 * YAML file, whose scalars are all read as text so that both sources obey the same rules.
 *
 * Its readers always return a value of the type they promise. When they note a problem it is a placeholder, which nobody
 * sees because a configuration with problems is never handed out; so reading goes on and finds the other problems too.
 */
export class Field {
  constructor(
    readonly key: string,
    /** What was written, unjudged. Never to be put into a problem. */
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

  /** A text of a format; without a fallback it is required. */
  text(format: Format, fallback?: string): string {
    if (!this.given) return fallback ?? this.refuse(`is missing: must be ${format.allowed}`, '');
    if (typeof this.raw === 'string' && format.pattern.test(this.raw)) return this.raw;
    return this.refuse(`must be ${format.allowed}`, '');
  }

  integer(range: { readonly min: number; readonly max: number }, fallback: number): number {
    if (!this.given) return fallback;
    const value =
      typeof this.raw === 'string' && /^(?:0|[1-9]\d{0,14})$/.test(this.raw) ? Number(this.raw) : NaN;
    if (value >= range.min && value <= range.max) return value;
    return this.refuse(`must be a whole number from ${range.min} to ${range.max}`, fallback);
  }

  /** One of a few values; without a fallback it is required. */
  oneOf<T extends string>(allowed: readonly [T, ...T[]], fallback?: T): T {
    if (!this.given && fallback !== undefined) return fallback;
    const found = allowed.find((value) => value === this.raw);
    if (found !== undefined) return found;
    const choice = allowed.length === 1 ? `must be ${allowed[0]}` : `must be one of ${allowed.join(', ')}`;
    return this.refuse(`${this.given ? '' : 'is missing: '}${choice}${this.suggestion(allowed)}`, allowed[0]);
  }

  flag(fallback: boolean): boolean {
    return this.oneOf(['1', '0'], fallback ? '1' : '0') === '1';
  }

  /** The entries of a list that must have some. */
  list(entry: string): Field[] {
    if (Array.isArray(this.raw) && this.raw.length > 0) {
      return this.raw.map((raw: unknown, index) => new Field(`${this.key}[${index}]`, raw, this.problems));
    }
    return this.refuse(`${this.given ? '' : 'is missing: '}must be a list of at least one ${entry}`, []);
  }

  /** The members of a mapping, given or not. Unknown keys are refused: a misspelt setting must not pass as an absent one. */
  object<K extends string>(...known: readonly [K, ...K[]]): Record<K, Field> {
    const entries = this.raw instanceof Map ? (this.raw as ReadonlyMap<unknown, unknown>) : undefined;
    const misshapen = this.given && entries === undefined;
    if (misshapen) this.note(`must be a mapping with the keys ${known.join(', ')}`);
    for (const key of entries?.keys() ?? []) {
      if (!known.some((name) => name === key)) this.noteUnknown(String(key), known);
    }
    // Of what is no mapping every member is missing: said once is enough.
    const problems = misshapen ? new Problems() : this.problems;
    const members = known.map(
      (name) => [name, new Field(this.path(name), entries?.get(name), problems)] as const,
    );
    return Object.fromEntries(members) as Record<K, Field>;
  }

  /** One member of a mapping, read before it is known which others there may be. */
  member(name: string): Field {
    const raw: unknown = this.raw instanceof Map ? this.raw.get(name) : undefined;
    return new Field(this.path(name), raw, this.problems);
  }

  private noteUnknown(name: string, known: readonly string[]): void {
    const near = nearest(name, known);
    const remedy = near === undefined ? `the keys here are ${known.join(', ')}` : `did you mean "${near}"?`;
    this.problems.add(this.path(name), `is not a known key; ${remedy}`);
  }

  /** `; did you mean "x"?` when the text is a near miss. Only ever tells what is allowed, not what was written. */
  private suggestion(allowed: Iterable<string>): string {
    const near = this.given && typeof this.raw === 'string' ? nearest(this.raw, allowed) : undefined;
    return near === undefined ? '' : `; did you mean "${near}"?`;
  }

  private path(name: string): string {
    return this.key === '' ? name : `${this.key}.${name}`;
  }

  private refuse<T>(problem: string, placeholder: T): T {
    this.note(problem);
    return placeholder;
  }
}
