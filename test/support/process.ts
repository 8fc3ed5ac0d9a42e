import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../gateway/main.js', import.meta.url));
/** Either takes about a second, and on a machine that is busy with other work as long as it takes; what hangs is ended. */
const MAX_START_MS = 300_000;
const MAX_END_MS = 300_000;

/** The built gateway as a process of its own, in demo mode: with a simulated cloud and a caller who may do everything. */
export interface DemoProcess {
  readonly url: string;
  /** The demo caller's key. */
  readonly key: string;
  readonly pid: number;
  /** Everything it wrote so far, standard error included. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended: its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Ends it, by force if need be, and removes its folder. */
  close(): Promise<void>;
}

/**
 * Starts `dist/gateway/main.js` on a free port, in a temporary folder that also holds its database.
 *
 * @param env variables besides those that demo mode needs; nothing else of this process's environment is passed on
 * @param main the program, where it is a copy
 */
export async function startDemoProcess(
  env: Readonly<Record<string, string>> = {},
  main = MAIN,
): Promise<DemoProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-process-'));
  const child = spawn(process.execPath, ['--enable-source-maps', main], {
    cwd: folder,
    // A machine that is busy with tests has long delays; the test of the protection switches it on.
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      GATEWAY_DEMO: '1',
      GATEWAY_MAX_EVENT_LOOP_DELAY_MS: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), MAX_END_MS);
    await exited;
    clearTimeout(force);
    rmSync(folder, { recursive: true, force: true });
  };
  const started = new Promise<{ url: string; key: string }>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`the gateway ${reason}; it wrote:\n${written}`));
    const late = setTimeout(() => fail('did not start in time'), MAX_START_MS);
    const read = (text: string): void => {
      written += text;
      const url = /Swagger UI +(\S+)\/docs\s/.exec(written)?.[1];
      const key = /Key +(\S+)\s/.exec(written)?.[1];
      if (url === undefined || key === undefined) return;
      clearTimeout(late);
      resolve({ url, key });
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    void exited.then((code) => {
      clearTimeout(late);
      fail(`ended with ${code} before it was ready`);
    });
  });
  const { url, key } = await started.catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    url,
    key,
    pid: child.pid ?? 0,
    output: () => written,
    kill: (signal) => void child.kill(signal),
    exited,
    close,
  };
}

/** How often a process has the largest file of the documentation open. */
export const filesOpenIn = ({ pid }: DemoProcess): number =>
  readdirSync(`/proc/${pid}/fd`).filter((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).endsWith('swagger-ui-bundle.js');
    } catch {
      // It was closed meanwhile.
      return false;
    }
  }).length;
