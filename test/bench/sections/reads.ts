import { plannedRounds } from '../bench.js';
import { actsCell, readingCell } from '../measurement.js';
import type { Section } from '../sections.js';
import { GATEWAY } from '../subjects.js';
import { noise, rowsTable } from '../tables.js';

const CONNECTIONS = [1, 32];

export const reads: Section = {
  title: 'Reading',
  planned: (options) => plannedRounds(options, 1, 3 * CONNECTIONS.length, 4),
  async run(bench) {
    const gateway = await bench.enter(GATEWAY);
    // For there to be something to read.
    await bench.warmUp([gateway], [actsCell(1, 32)]);
    const list = await fetch(`${gateway.actors[0]!.origin}/v1/operations?limit=1`, {
      headers: gateway.headers,
    });
    const { items } = (await list.json()) as { items: { id: string }[] };
    const readings = [
      ['GET /v1/operations (50)', '/v1/operations'],
      ['GET /v1/operations/{id}', `/v1/operations/${items[0]!.id}`],
      ['GET /v1/alarms (50)', '/v1/alarms'],
    ] as const;
    const cells = readings.map(([title, path]) =>
      CONNECTIONS.map((count) => readingCell(path, count, title)),
    );
    await bench.warmUp(
      [gateway],
      cells.map((each) => each.at(-1)!),
    );
    const results = await bench.rounds([gateway], cells.flat());
    return {
      text: [rowsTable('reading', results, ({ cell }) => cell.title), noise(results)].join('\n\n'),
      aims: [],
      errors: results.errors,
      figures: results.rows,
    };
  },
};
