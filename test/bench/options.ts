import { parseArgs } from 'node:util';
import { SECTIONS } from './sections.js';
import { SUBJECTS } from './subjects.js';

export interface Options {
  readonly sections: readonly string[];
  /** Of the section `acts`. */
  readonly subjects: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  /** Of each subject, at each busy combination, before anything is measured. */
  readonly warmUpSeconds: number;
  /** Of load, before resident memory is read. */
  readonly minutes: number;
  /** The Node that runs the subjects. */
  readonly node: string;
  readonly json: string | undefined;
  readonly check: boolean;
  readonly writeBaseline: boolean;
  readonly writeDocs: boolean;
}

const SECTION_NAMES = Object.keys(SECTIONS);
/** Whose ratios are committed. */
const CHECKED_SECTIONS = 'acts,start';

export const HELP = `npm run bench -- [options]
  --sections <a,b>   what to measure: ${SECTION_NAMES.join(', ')} (default: acts)
  --all              all of them
  --only <a,b>       subjects of the section acts: ${SUBJECTS.map(({ name }) => name).join(', ')}
                     (default: ${defaultSubjects().join(', ')})
  --seconds <n>      length of one measured window (default 5)
  --rounds <n>       how often every window is repeated (default 3)
  --warm-up <n>      seconds of load before anything is measured: of each subject, at each busy combination (default 10)
  --minutes <n>      minutes of load before resident memory is read (default 1)
  --node <path>      the Node that runs the subjects (default: the one that runs this)
  --json <path>      write everything measured to a file as well
  --check            fail when a ratio is a fifth worse than the committed one (default sections: ${CHECKED_SECTIONS})
  --write-baseline   commit to the ratios of this run (default sections: ${CHECKED_SECTIONS})
  --write-docs       put the results into docs/performance.md
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
        sections: { type: 'string' },
        all: { type: 'boolean', default: false },
        only: { type: 'string' },
        seconds: { type: 'string', default: '5' },
        rounds: { type: 'string', default: '3' },
        'warm-up': { type: 'string', default: '10' },
        minutes: { type: 'string', default: '1' },
        node: { type: 'string', default: process.execPath },
        json: { type: 'string' },
        check: { type: 'boolean', default: false },
        'write-baseline': { type: 'boolean', default: false },
        'write-docs': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new OptionError((error as Error).message);
  }
  if (values.help) return undefined;
  const { check, 'write-baseline': writeBaseline } = values;
  const sections = values.sections ?? (check || writeBaseline ? CHECKED_SECTIONS : 'acts');
  return {
    sections: values.all ? SECTION_NAMES : chosen('--sections', sections, SECTION_NAMES),
    subjects:
      values.only === undefined
        ? defaultSubjects()
        : chosen(
            '--only',
            values.only,
            SUBJECTS.map(({ name }) => name),
          ),
    seconds: numberOf('--seconds', values.seconds, 0.5, 60),
    rounds: numberOf('--rounds', values.rounds, 1, 20, true),
    warmUpSeconds: numberOf('--warm-up', values['warm-up'], 0.5, 60),
    minutes: numberOf('--minutes', values.minutes, 0.1, 60),
    node: values.node,
    json: values.json,
    check,
    writeBaseline,
    writeDocs: values['write-docs'],
  };
}

function defaultSubjects(): string[] {
  return SUBJECTS.filter((subject) => subject.measuredByDefault).map(({ name }) => name);
}

/** In the order in which they are known. */
function chosen(flag: string, list: string, known: readonly string[]): string[] {
  const wanted = list.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new OptionError(`${flag}: there is no ${unknown.join(', ')}`);
  return known.filter((name) => wanted.includes(name));
}

function numberOf(flag: string, text: string, least: number, most: number, whole = false): number {
  const value = Number(text);
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw new OptionError(`${flag} takes ${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`);
  }
  return value;
}
