import type { Bench } from './bench.js';
import type { Findings } from './findings.js';
import type { Options } from './options.js';
import { acts } from './sections/acts.js';
import { appending } from './sections/appending.js';
import { background } from './sections/background.js';
import { postgres } from './sections/postgres.js';
import { reads } from './sections/reads.js';
import { start } from './sections/start.js';
import { trail } from './sections/trail.js';

/** One part of the bench, with processes of its own. */
export interface Section {
  readonly title: string;
  /** How long it takes when nothing goes wrong, in milliseconds. */
  planned(options: Options): number;
  run(bench: Bench): Promise<Findings>;
}

/** In the order in which they are run. */
export const SECTIONS: Readonly<Record<string, Section>> = {
  acts,
  reads,
  background,
  trail,
  appending,
  postgres,
  start,
};
