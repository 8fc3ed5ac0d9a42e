import { parseArgs } from 'node:util';
import { SUBJECTS } from './subjects.js';

export interface Options {
  readonly subjects: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly json: string | undefined;
}

export const HELP = `npm run bench -- [options]
  --only <a,b>    subjects to measure: ${SUBJECTS.map(({ name }) => name).join(', ')}
                  (default: all that the aims need: ${defaultSubjects().join(', ')})
  --seconds <n>   length of one measured window (default 5)
  --rounds <n>    how often every window is repeated (default 2)
  --json <path>   write everything measured to a file as well
`;

/** A mistake in the command line: its message is all that there is to say. */
export class OptionError extends Error {}

/** Undefined when only help was asked for. */
export function parseOptions(args: readonly string[]): Options | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        seconds: { type: 'string', default: '5' },
        rounds: { type: 'string', default: '2' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new OptionError((error as Error).message);
  }
  if (values.help) return undefined;
  return {
    subjects: values.only === undefined ? defaultSubjects() : selected(values.only),
    seconds: numberOf('--seconds', values.seconds, 0.5, 60),
    rounds: numberOf('--rounds', values.rounds, 1, 20, true),
    json: values.json,
  };
}

function defaultSubjects(): string[] {
  return SUBJECTS.filter((subject) => subject.measuredByDefault).map(({ name }) => name);
}

function selected(list: string): string[] {
  const wanted = list.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !SUBJECTS.some((subject) => subject.name === name));
  if (unknown.length > 0) throw new OptionError(`--only: no such subject: ${unknown.join(', ')}`);
  return SUBJECTS.map(({ name }) => name).filter((name) => wanted.includes(name));
}

function numberOf(flag: string, text: string, least: number, most: number, whole = false): number {
  const value = Number(text);
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw new OptionError(`${flag} takes ${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`);
  }
  return value;
}
