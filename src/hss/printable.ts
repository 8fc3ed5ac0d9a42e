/** Longest id or code of upstream's that is kept; both end up in answers, logs and the audit. */
const MAX_OF_A_WORD = 128;
/** Longest message that is kept, in characters. */
const MAX_OF_A_MESSAGE = 256;
/** Nobody writes more to people; what is longer is not looked at. */
const MAX_LOOKED_AT = 4_096;
const MASK = '***';

/** A value from upstream as a word that is safe to show: printable ASCII, bounded. */
export function printableWord(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const word = String(value)
    .replace(/[^\x21-\x7e]/g, '')
    .slice(0, MAX_OF_A_WORD);
  return word === '' ? undefined : word;
}

/**
 * What upstream says to people, in its language, as a line that is safe to show: no control, format or lone surrogate
 * characters, nothing that looks like a secret, bounded.
 *
 * @param hidden secrets of ours that it must not repeat, whatever they look like
 */
export function printableMessage(value: unknown, hidden: readonly string[] = []): string | undefined {
  if (typeof value !== 'string') return undefined;
  const plain = hidden.reduce(without, value).slice(0, MAX_LOOKED_AT);
  const line = masked(plain.replace(/[\p{C}\p{Z}]+/gu, ' ').trim());
  const characters = [...line];
  if (characters.length === 0) return undefined;
  if (characters.length <= MAX_OF_A_MESSAGE) return line;
  return `${characters.slice(0, MAX_OF_A_MESSAGE - 1).join('')}…`;
}

function without(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, MASK);
}

/** What follows the name of a secret. */
const NAMED =
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|signature|authorization|access|api[ _-]?key|secret[ _-]?key|access[ _-]?key)["']?\s?[:=：]\s?["']?)[^\s"',;&|]+/giu;
/** The same in prose: "the password Hunter2 is wrong", but not "the password is wrong". */
const SPOKEN =
  /\b(pass(?:word|wd|phrase)|pwd|secret)(\s["']?)(?!(?:is|was|are|or|and|of|for|has|have|must|may|cannot|does|not|key|policy|expired|wrong|invalid|incorrect|error|failed|malformed)\b)[^\s"',;&|]+/giu;
/** A signed token in its compact form. */
const SIGNED = /\beyJ[\w-]*\.[\w-]+(?:\.[\w-]*)?/g;
/** Secret keys have forty characters, tokens thousands; ids have 36 at most. Long paths and file hashes are masked with them. */
const LONG = /[A-Za-z0-9+/_=-]{40,}/g;

function masked(line: string): string {
  return line
    .replace(SIGNED, MASK)
    .replace(LONG, MASK)
    .replace(NAMED, `$1${MASK}`)
    .replace(SPOKEN, `$1$2${MASK}`);
}
