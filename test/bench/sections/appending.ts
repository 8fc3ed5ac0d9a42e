import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import type { Section } from '../sections.js';
import { fixed, table, times } from '../tables.js';

const MAX_MS = 600_000;
const PLANNED_MS = 15_000;
const SUBJECTS = { without: 'without tree and seals', tree: 'with them', all: 'and what finds records' };

/** Microseconds for each record. */
interface Cost {
  readonly name: keyof typeof SUBJECTS;
  readonly took: number;
  readonly cpu: number;
}

async function measured(bench: Bench, alarms: number): Promise<readonly Cost[]> {
  const { stage, options, cores, say } = bench;
  const name = `appending-${alarms}`;
  const environment = {
    FOLDER: stage.makeFolder(`${name}-files`),
    ROUNDS: String(options.rounds * 3),
    ALARMS: String(alarms),
  };
  const worker = stage.startWorker({ name, script: 'append-cost.js', core: cores.subject, environment });
  const [code] = (await once(worker, 'exit', { signal: AbortSignal.timeout(MAX_MS) })) as [number];
  if (code !== 0) throw new Error(`appending could not be measured: ${stage.logOf(name)}`);
  const text = readFileSync(join(stage.folder, name, 'output.log'), 'utf8')
    .trim()
    .split('\n')
    .at(-1);
  say(`appended acts of ${alarms}: ${text}`);
  return JSON.parse(text ?? '') as Cost[];
}

/** What the tree costs where records are appended: to the very tables of the gateway, in a process of its own, without the rest of it. */
export const appending: Section = {
  title: 'Appending with the tree, and without',
  planned: ({ rounds }) => 2 * rounds * PLANNED_MS,
  async run(bench) {
    const results = [];
    for (const alarms of [1, 100]) results.push({ alarms, costs: await measured(bench, alarms) });
    const rows = results.flatMap(({ alarms, costs }) =>
      costs.map(({ name, took, cpu }) => {
        const base = costs.find((each) => each.name === 'without')!;
        return [
          `${alarms} ${alarms === 1 ? 'alarm' : 'alarms'}, ${SUBJECTS[name]}`,
          ...[fixed(took, 0), times(took / base.took), fixed(cpu, 0), times(cpu / base.cpu)],
        ];
      }),
    );
    return {
      text: table(['records of acts, 16 in a commit', 'us', 'to without', 'CPU us', 'to without'], rows),
      aims: results.map(({ alarms, costs }) => {
        const of = (wanted: Cost['name']) => costs.find(({ name }) => name === wanted)!.took;
        return {
          of: `appending with the tree, to without: ${alarms} ${alarms === 1 ? 'alarm' : 'alarms'}`,
          ...{ wanted: 'at most', limit: 1.1, unit: 'x', figure: of('tree') / of('without') },
        } as const;
      }),
      errors: [],
      figures: results,
    };
  },
};
