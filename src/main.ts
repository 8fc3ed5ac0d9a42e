import 'reflect-metadata';

import { ConfigError } from './config/config.error.js';
import type { Config } from './config/config.js';
import { describeConfig } from './config/describe-config.js';
import { readEnvironment } from './config/environment.js';
import { loadConfig } from './config/load-config.js';
import { startDemo, welcome } from './demo-mode.js';
import { startGateway, type Gateway } from './start.js';

/** The longest a shutdown waits for requests that are under way. */
const DRAIN_MS = 25_000;

function loadOrExit(): Config {
  try {
    return loadConfig(readEnvironment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function stopOnSignal(gateway: Gateway, alsoClose: () => Promise<void>): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    // What is still under way then has its intent on disk and is settled at the next start.
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
    await gateway.close();
    await alsoClose();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
}

const loaded = loadOrExit();
if (process.argv.includes('--check-config')) {
  for (const { key, value } of describeConfig(loaded)) process.stdout.write(`${key} = ${value}\n`);
  process.exit(0);
}
const demo = loaded.demo ? await startDemo(loaded) : undefined;
const gateway = await startGateway(demo?.config ?? loaded);
stopOnSignal(gateway, async () => demo?.simulator.close());
if (demo) process.stdout.write(welcome(gateway.url));
