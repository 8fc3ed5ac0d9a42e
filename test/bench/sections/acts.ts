import { plannedRounds } from '../bench.js';
import type { Aim, Ratio } from '../findings.js';
import { actsCell, type Cell } from '../measurement.js';
import type { Figure, Results } from '../results.js';
import type { Section } from '../sections.js';
import { SUBJECTS } from '../subjects.js';
import { noise, rowsTable, table, times } from '../tables.js';

const ONE = [1, 32, 256].map((connections) => actsCell(1, connections)) as [Cell, Cell, Cell];
const HUNDRED = [1, 32, 256].map((connections) => actsCell(100, connections)) as [Cell, Cell, Cell];
const CELLS = [...ONE, ...HUNDRED];
const WARM_UPS = [ONE[1], HUNDRED[1]];

/** Whom the gateway is compared with. */
const OTHERS = ['floor', 'proxy', 'plain'] as const;

/** With one connection, requests a second say the same as the median latency, and with many, the other way round. */
const figuresAt = ({ connections }: Cell): Figure[] => [
  connections === 1 ? 'p50' : 'requestsPerSecond',
  'cpuMicroseconds',
];

const WORDS: Partial<Record<Figure, string>> = {
  requestsPerSecond: 'requests/s',
  cpuMicroseconds: 'CPU',
  p50: 'p50',
};

function aimsOf(results: Results): Aim[] {
  const cpu = (cell: Cell, limit: number) => of('cpuMicroseconds', 'floor', cell, 'at most', limit);
  const rate = (other: string, cell: Cell, limit: number) =>
    of('requestsPerSecond', other, cell, 'at least', limit);
  return [
    cpu(ONE[1], 1.35),
    cpu(ONE[2], 1.35),
    cpu(HUNDRED[1], 0.75),
    cpu(HUNDRED[2], 0.75),
    of('p50', 'floor', ONE[0], 'at most', 1.3),
    rate('proxy', ONE[2], 1),
    rate('plain', ONE[1], 5),
    rate('plain', HUNDRED[1], 8),
  ];

  function of(figure: Figure, other: string, cell: Cell, wanted: Aim['wanted'], limit: number): Aim {
    const ratio = results.ratio('gateway', other, cell, figure);
    return { of: `${WORDS[figure]} to ${other}: ${cell.title}`, wanted, limit, unit: 'x', figure: ratio };
  }
}

function ratiosOf(results: Results): Ratio[] {
  return CELLS.flatMap((cell) =>
    OTHERS.flatMap((other) =>
      figuresAt(cell).map((figure) => ({
        name: `${cell.title}: ${WORDS[figure]} to ${other}`,
        better: figure === 'requestsPerSecond' ? ('higher' as const) : ('lower' as const),
        value: results.ratio('gateway', other, cell, figure),
      })),
    ),
  );
}

function comparison(results: Results): string {
  const figures = ['requestsPerSecond', 'cpuMicroseconds', 'p50'] as const;
  const columns = OTHERS.flatMap((other) => figures.map((figure) => ({ other, figure })));
  const rows = CELLS.map((cell) => [
    cell.title,
    ...columns.map(({ other, figure }) => times(results.ratio('gateway', other, cell, figure))),
  ]);
  return table(['the gateway to', ...columns.map(({ other, figure }) => `${other}: ${WORDS[figure]}`)], rows);
}

export const acts: Section = {
  title: 'Acts',
  planned: (options) => plannedRounds(options, options.subjects.length, CELLS.length, WARM_UPS.length),
  async run(bench) {
    const contestants = [];
    for (const subject of SUBJECTS.filter(({ name }) => bench.options.subjects.includes(name)))
      contestants.push(await bench.enter(subject));
    await bench.warmUp(contestants, WARM_UPS);
    const results = await bench.rounds(contestants, CELLS);
    const titleOf = (name: string) => SUBJECTS.find((subject) => subject.name === name)!.title;
    const tables = CELLS.map((cell) =>
      rowsTable(cell.title, results, ({ subject }) => titleOf(subject), [cell]),
    );
    return {
      text: [...tables, comparison(results), noise(results)].join('\n\n'),
      aims: aimsOf(results),
      ratios: ratiosOf(results),
      errors: results.errors,
      figures: results.rows,
    };
  },
};
