import { parseArgs } from 'node:util';

import { CALLER_ID, EXPIRY_FORMS, parseExpiry, type Format } from '../config/formats.js';

/** What a command that makes a key for a caller was asked for. */
export interface KeyOptions {
  readonly caller: string;
  /** What the command's own option says. */
  readonly own: string;
  readonly expires?: string;
}

/** The option that only one of these commands has. */
interface OwnOption {
  readonly name: string;
  readonly usual: string;
  readonly format: Format;
}

/** The options of the command line, or everything that is wrong with them. */
export function readKeyOptions({ name, usual, format }: OwnOption): KeyOptions | readonly string[] {
  const type = 'string' as const;
  try {
    const { values } = parseArgs({ options: { caller: { type }, [name]: { type }, expires: { type } } });
    const { caller = '', [name]: own = usual, expires } = values as Readonly<Record<string, string>>;
    const faults = [
      CALLER_ID.pattern.test(caller) ? '' : `--caller must be ${CALLER_ID.allowed}`,
      format.pattern.test(own) ? '' : `--${name} must be ${format.allowed}`,
      expires === undefined || parseExpiry(expires) !== undefined ? '' : `--expires must be ${EXPIRY_FORMS}`,
    ].filter(Boolean);
    return faults.length > 0 ? faults : { caller, own, ...(expires !== undefined && { expires }) };
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Ends the command without a key. */
export function fail(faults: readonly string[], usage: string): void {
  process.stderr.write(`${faults.join('\n')}\n\n${usage}`);
  process.exitCode = 1;
}

/** How an expiry is stated in the configuration file, behind another member. */
export const expiryMember = ({ expires }: KeyOptions): string =>
  expires === undefined ? '' : `, expiresAt: "${expires}"`;
