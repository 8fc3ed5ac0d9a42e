import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { stringify } from 'yaml';

import type { Simulator } from '../../src/simulator/simulator.js';
import { AUDIT_KEY, portal } from './gateway.js';

const MAIN = fileURLToPath(new URL('../../gateway/main.js', import.meta.url));
/** A start takes about a second, and on a machine that is busy with other work as long as it takes; one that hangs is ended. */
const MAX_START_MS = 300_000;

/** The built gateway as a process of its own, in front of a simulator that outlives it. */
export interface GatewayProcess {
  readonly url: string;
  /** Everything it wrote so far, standard error included. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Nobody reads what it writes any more, as when a collector of logs hangs. */
  stopReading(): void;
  readOn(): void;
  /** Resolves when it has ended: its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

export interface ProcessOptions {
  readonly simulator: Simulator;
  /** Holds the configuration and the database: a second process in the same folder goes on where the first one ended. */
  readonly folder: string;
  /** The `upstream` mapping of the configuration file. */
  readonly upstream?: Readonly<Record<string, number | string>>;
  /** What else the configuration file says, callers included where they are others. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** No file may grow beyond so many KiB: the disk is full. */
  readonly fileKib?: number;
}

/** Starts `dist/gateway/main.js` on a free port; the caller `portal` may do everything, where no others are named. */
export async function startGatewayProcess(options: ProcessOptions): Promise<GatewayProcess> {
  // The shell counts in blocks of 512 bytes and hands its process over.
  const limit = options.fileKib === undefined ? '' : `ulimit -f ${options.fileKib * 2} && `;
  const command = `${limit}exec "$0" --enable-source-maps "$1"`;
  const child = spawn('/bin/sh', ['-c', command, process.execPath, MAIN], {
    cwd: options.folder,
    env: environmentOf(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const streams = [child.stdout, child.stderr];
  const exited = once(child, 'exit').then(async ([code, signal]) => {
    // What it wrote last may come after its end, unless nobody reads it.
    const read = streams.filter((stream) => !stream.isPaused() && !stream.closed);
    await Promise.all(read.map((stream) => once(stream, 'close')));
    return (code ?? signal) as number | NodeJS.Signals;
  });
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (reason: string) => {
      child.kill('SIGKILL');
      reject(new Error(`the gateway ${reason}; it wrote:\n${written}`));
    };
    const late = setTimeout(() => fail('did not start in time'), MAX_START_MS);
    const read = (text: string): void => {
      written += text;
      const listening = /"url":"([^"]+)".*"msg":"listening"/.exec(written)?.[1];
      if (listening === undefined) return;
      clearTimeout(late);
      resolve(listening);
    };
    for (const stream of streams) stream.setEncoding('utf8').on('data', read);
    void exited.then((code) => {
      clearTimeout(late);
      fail(`ended with ${code} before it was ready`);
    });
  });
  return {
    url,
    output: () => written,
    signal: (name) => void child.kill(name),
    stopReading: () => streams.forEach((stream) => stream.pause()),
    readOn: () => streams.forEach((stream) => stream.resume()),
    exited,
  };
}

function environmentOf({ simulator, folder, upstream, settings, env }: ProcessOptions): NodeJS.ProcessEnv {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, stringify({ callers: [portal], ...(upstream && { upstream }), ...settings }));
  return {
    PATH: process.env['PATH'],
    PORT: '0',
    NODE_ENV: 'production',
    GATEWAY_DOCS: '0',
    GATEWAY_CONFIG: file,
    GATEWAY_PROJECT_NAME: 'test',
    GATEWAY_ALLOW_INSECURE_ENDPOINTS: '1',
    HSS_REGION: simulator.project.region,
    HSS_PROJECT_ID: simulator.project.id,
    HSS_ENDPOINT: simulator.url,
    IAM_ENDPOINT: simulator.url,
    IAM_DOMAIN_NAME: simulator.account.domain,
    IAM_USER_NAME: simulator.account.user,
    IAM_PASSWORD: simulator.account.password,
    ...(env?.['GATEWAY_DATABASE_URL']?.startsWith('postgres') && { GATEWAY_AUDIT_KEY: AUDIT_KEY }),
    ...env,
  };
}
