/** What a section of the bench found out. */
export interface Findings {
  /** Markdown. */
  readonly text: string;
  readonly aims: readonly Aim[];
  /** Those that are committed. */
  readonly ratios?: readonly Ratio[];
  /** None: it is valid. */
  readonly errors: readonly string[];
  /** As they were measured. */
  readonly figures: object;
}

/** What the gateway is held to. */
export interface Aim {
  readonly of: string;
  readonly wanted: 'at most' | 'at least';
  readonly limit: number;
  readonly unit: 'x' | 'ms' | 'MB';
  /** Undefined: it was not measured, or with errors. */
  readonly figure: number | undefined;
}

export function isMet({ wanted, limit, figure }: Aim): boolean | undefined {
  if (figure === undefined) return undefined;
  return wanted === 'at most' ? figure <= limit : figure >= limit;
}

export function aimRow(aim: Aim): string[] {
  const { of, wanted, limit, unit, figure } = aim;
  const met = isMet(aim);
  return [
    of,
    `${wanted} ${limit} ${unit}`,
    figure === undefined ? '-' : `${figure.toFixed(2)} ${unit}`,
    met === undefined ? 'not measured' : met ? 'met' : 'not met',
  ];
}

/** Of the gateway to another subject; what is named so is committed. */
export interface Ratio {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  readonly value: number | undefined;
}

/** The committed ratios, by name. */
export type Baseline = Readonly<Record<string, number>>;

/** By how much a ratio may be worse. */
const TOLERANCE = 0.2;

/** What is worse than it was committed, or cannot be compared, each in a sentence. */
export function complaints(ratios: readonly Ratio[], baseline: Baseline): string[] {
  return ratios.flatMap(({ name, better, value }) => {
    const committed = baseline[name];
    if (committed === undefined) return [`${name}: nothing is committed`];
    if (value === undefined) return [`${name}: no valid measurement`];
    const isWorse =
      better === 'higher' ? value < committed * (1 - TOLERANCE) : value > committed * (1 + TOLERANCE);
    return isWorse ? [`${name}: ${value.toFixed(2)}x, and ${committed.toFixed(2)}x is committed`] : [];
  });
}

/** @throws Error when a ratio was not measured */
export function baselineOf(ratios: readonly Ratio[]): Baseline {
  return Object.fromEntries(
    ratios.map(({ name, value }) => {
      if (value === undefined) throw new Error(`${name}: no valid measurement to commit to`);
      return [name, Number(value.toFixed(3))];
    }),
  );
}

/** A document with a section's text between its two comments. @throws Error when these are missing */
export function withSection(document: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${start.trim()} and ${end} are missing`);
  return `${document.slice(0, from + start.length)}\n${text.trim()}\n\n${document.slice(to)}`;
}
