import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Bench } from './bench.js';
import { chooseCores } from './cores.js';
import {
  aimRow,
  baselineOf,
  complaints,
  withSection,
  type Aim,
  type Baseline,
  type Findings,
} from './findings.js';
import { HELP, OptionError, parseOptions, type Options } from './options.js';
import { SECTIONS } from './sections.js';
import { Stage } from './stage.js';
import { table } from './tables.js';

/** Starting, draining and a slow machine; beyond it something hangs. */
const SLACK_MS = 60_000;
const TMPFS = 0x01021994;

/** In the repository, not beside what was compiled. */
const inRepository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const BASELINE = inRepository('test/bench/baseline.json');
const DOCUMENT = inRepository('docs/performance.md');

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Kills and cleans up on every way out that can be noticed, a reader of our output that has gone away included. */
function leaveNothingBehind(stages: readonly Stage[], plannedMs: number): void {
  process.once('exit', () => stages.forEach((stage) => stage.closeNow()));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  process.once('SIGHUP', () => process.exit(129));
  process.stdout.once('error', () => process.exit(1));
  const giveUp = () => {
    process.stderr.write('the run takes far longer than planned: given up\n');
    process.exit(1);
  };
  setTimeout(giveUp, plannedMs + SLACK_MS).unref();
}

function versionOf(node: string): string {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new OptionError(`--node: ${node} cannot be run`);
  return stdout.trim();
}

async function runSection(name: string, options: Options, stages: Stage[]): Promise<Findings> {
  const section = SECTIONS[name]!;
  const stage = new Stage();
  stages.push(stage);
  const cores = chooseCores();
  say(
    `\n## ${section.title} (about ${(section.planned(options) / 60_000).toFixed(1)} minutes; ${cores.note})`,
  );
  if ((await statfs(stage.folder)).type === TMPFS) {
    say('the temp folder is in memory: durable writes cost the gateway nothing here; set TMPDIR to a disk');
  }
  try {
    const findings = await section.run(await Bench.open(options, stage, cores, say));
    say(`\n${findings.text.trim()}`);
    if (findings.errors.length > 0) say(['invalid:', ...findings.errors, ...stage.deaths()].join('\n'));
    return findings;
  } catch (error) {
    // The others are measured all the same.
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    say(['failed:', reason, ...stage.deaths()].join('\n'));
    return { text: '', aims: [], errors: [reason], figures: {} };
  } finally {
    await stage.close();
  }
}

/** What is wrong, each in a line. */
function compare(options: Options, all: readonly Findings[]): string[] {
  const ratios = all.flatMap((each) => each.ratios ?? []);
  if (options.writeBaseline) writeFileSync(BASELINE, `${JSON.stringify(baselineOf(ratios), undefined, 2)}\n`);
  if (!options.check) return [];
  return complaints(ratios, JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline);
}

/** Empty where there are none. */
function aimsTable(aims: readonly Aim[]): string {
  return aims.length === 0 ? '' : table(['aim', 'wanted', 'measured', ''], aims.map(aimRow));
}

async function main(options: Options): Promise<number> {
  const machine = {
    node: versionOf(options.node),
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
  };
  const today = new Date().toISOString().slice(0, 10);
  const heading =
    `${today}, Node ${machine.node}, ${cpus().length} cores of ${machine.processor}; ` +
    `medians of ${options.rounds} rounds of ${options.seconds} s`;
  say(heading);
  const stages: Stage[] = [];
  leaveNothingBehind(
    stages,
    options.sections.reduce((sum, name) => sum + SECTIONS[name]!.planned(options), 0),
  );
  const found: [string, Findings][] = [];
  for (const name of options.sections) found.push([name, await runSection(name, options, stages)]);
  const all = found.map(([, findings]) => findings);
  say(`\n${aimsTable(all.flatMap((each) => each.aims))}`);

  if (options.json !== undefined) {
    const document = { at: new Date().toISOString(), machine, options, sections: Object.fromEntries(found) };
    writeFileSync(options.json, `${JSON.stringify(document, undefined, 2)}\n`);
  }
  if (options.writeDocs) {
    const valid = found.filter(([, { errors }]) => errors.length === 0);
    const written = valid.reduce(
      (document, [name, { text, aims }]) =>
        withSection(document, name, [`${heading}.`, text, aimsTable(aims)].join('\n\n')),
      readFileSync(DOCUMENT, 'utf8'),
    );
    writeFileSync(DOCUMENT, written);
  }
  const wrong = compare(options, all);
  wrong.forEach((line) => say(`worse: ${line}`));
  return wrong.length > 0 || all.some(({ errors }) => errors.length > 0) ? 1 : 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(HELP);
  else process.exitCode = await main(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${error instanceof OptionError ? HELP : ''}`);
  process.exitCode = 1;
}
