import { parseArgs } from 'node:util';

import 'reflect-metadata';

import { ConfigError } from './config/field.js';
import type { Config } from './config/config.js';
import { describeConfig } from './config/describe-config.js';
import { readEnvironment } from './config/environment.js';
import { loadWithSources, type LoadedConfig } from './config/load-config.js';
import { standardOutput, type LogOutput } from './logging/logger.js';
import type { Gateway } from './start.js';

/** Where a secret of these names is read from is no part of the configuration. */
const AUDIT_KEY_FILES = ['GATEWAY_AUDIT_KEY_FILE', 'GATEWAY_AUDIT_PREVIOUS_KEY_FILE'];

/** A shutdown that takes so much longer than it is allowed to is stuck, for example in a disk that does not answer. */
const STUCK_MS = 5_000;

/** For a reader of the log that has just stalled to go on reading. */
const LAST_LINES_MS = 1_000;

function exitWith(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

function loadOrExit(): LoadedConfig {
  try {
    return loadWithSources(readEnvironment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    exitWith(error.message);
  }
}

/** A start can fail for a reason of the machine's: the port is taken, the database is in use, a folder can't be written. */
async function startOrExit(config: Config, output: LogOutput): Promise<Gateway> {
  // Only now, so that what is wrong with the configuration is said before all of the rest is loaded.
  const { startGateway } = await import('./start.js');
  const auditKeyFiles = AUDIT_KEY_FILES.flatMap((name) => process.env[name] ?? []);
  try {
    return await startGateway(config, { output, auditKeyFiles });
  } catch (error) {
    const reasons: string[] = [];
    for (let each = error; each instanceof Error; each = causeOf(each)) reasons.push(each.message);
    exitWith(`the gateway cannot start: ${reasons.filter((reason) => reason !== '').join(': ')}`);
  }
}

/** Of several addresses that were tried, the first one's reason says enough. */
function causeOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause;
}

function stopOnSignal(gateway: Gateway, { shutdown }: Config, beforeExit: () => Promise<void>): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    // Every operation has its intent on disk: what could not be recorded is found out at the next start.
    const stuck = () => exitWith('the shutdown is stuck: what was under way is looked up at the next start');
    setTimeout(stuck, shutdown.drainDelayMs + shutdown.drainMs + STUCK_MS).unref();
    await gateway.close();
    await beforeExit();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
}

/** A misspelt option must not start what was only to be checked. */
function optionsOrExit(): { readonly 'check-config'?: boolean | undefined } {
  try {
    return parseArgs({ options: { 'check-config': { type: 'boolean' } } }).values;
  } catch (error) {
    exitWith(`${error instanceof Error ? error.message : String(error)}\nThe one option is --check-config.`);
  }
}

const options = optionsOrExit();
const { config: loaded, sources } = loadOrExit();
if (options['check-config']) {
  for (const { key, value, source } of describeConfig(loaded, sources)) {
    process.stdout.write(`${key} = ${value}${source === undefined ? '' : ` (${source})`}\n`);
  }
  process.exit(0);
}
const output = standardOutput();
// It holds the whole simulator.
const { startDemo, welcome } = loaded.demo ? await import('./cli/demo-mode.js') : {};
const demo = await startDemo?.(loaded);
const gateway = await startOrExit(demo?.config ?? loaded, output);
stopOnSignal(gateway, loaded, async () => {
  await demo?.simulator.close();
  await output.end(LAST_LINES_MS);
});
// Through the log's output, so that the lines about the start come before it; at once, because somebody waits for it.
if (welcome) {
  output.write(welcome(gateway.url));
  output.flush();
}
