import { writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { chooseCores } from './cores.js';
import { HELP, OptionError, parseOptions, type Options } from './options.js';
import { report } from './report.js';
import { Results, verdicts } from './results.js';
import { plannedMilliseconds, run } from './run.js';
import { Stage } from './stage.js';

/** Starting, draining and a slow machine; beyond it something hangs. */
const SLACK_MS = 60_000;
const TMPFS = 0x01021994;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Kills and cleans up on every way out that can be noticed, a reader of our output that has gone away included. */
function leaveNothingBehind(stage: Stage, options: Options): void {
  process.once('exit', () => stage.closeNow());
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  process.once('SIGHUP', () => process.exit(129));
  process.stdout.once('error', () => process.exit(1));
  setTimeout(
    () => {
      process.stderr.write('the run takes far longer than planned: given up\n');
      process.exit(1);
    },
    plannedMilliseconds(options) + SLACK_MS,
  ).unref();
}

function writeJson(path: string, options: Options, machine: object, results: Results): void {
  const rows = results.rows.map(({ subject, cell, rounds }) => ({
    subject,
    ...cell,
    addedP50: results.addedP50(subject, cell),
    gatewayRatio: results.ratio('gateway', subject, cell, 'requestsPerSecond'),
    rounds,
  }));
  const document = { at: new Date().toISOString(), machine, options, rows, verdicts: verdicts(results) };
  writeFileSync(path, `${JSON.stringify(document, undefined, 2)}\n`);
}

async function main(options: Options): Promise<number> {
  const cores = chooseCores();
  const stage = new Stage();
  leaveNothingBehind(stage, options);
  try {
    const minutes = plannedMilliseconds(options) / 60_000;
    say(
      `${options.subjects.join(', ')}: ${options.rounds} x ${options.seconds} s, about ${minutes.toFixed(1)} minutes`,
    );
    say(`Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}; ${cores.note}`);
    if ((await statfs(stage.folder)).type === TMPFS) {
      say('the temp folder is in memory: durable writes cost the gateway nothing here; set TMPDIR to a disk');
    }
    const results = await run(options, stage, cores, say);
    say(report(results));
    if (options.json !== undefined) {
      const machine = { node: process.version, processor: cpus()[0]?.model, cores: cores.note };
      writeJson(options.json, options, machine, results);
    }
    if (!results.valid) say(['invalid: there were errors', ...stage.deaths()].join('\n'));
    return results.valid ? 0 : 1;
  } finally {
    await stage.close();
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(HELP);
  else process.exitCode = await main(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${error instanceof OptionError ? HELP : ''}`);
  process.exitCode = 1;
}
