import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const START_MS = 30_000;
/** So short that how long a start takes is known well enough. */
const POLL_MS = 10;

/** One child process with a port. */
export interface Actor {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly origin: string;
  readonly folder: string;
  /** From its start until it could be asked. */
  readonly readyMs: number;
}

interface Role {
  readonly name: string;
  /** Compiled entry, relative to this file. */
  readonly script: string;
  /** Instead of the one that runs this. */
  readonly node?: string;
  /** Of Node, before the script. */
  readonly flags?: readonly string[];
  readonly core: number | undefined;
  readonly environment?: Record<string, string>;
  readonly readyPath?: string | undefined;
}

/** Owns every process and file of a run, so that none is left when it ends, however it ends. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'hss-gateway-bench-'));
  readonly #children = new Map<ChildProcess, string>();

  makeFolder(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Starts a server in its production mode and waits until it may be asked. */
  async start(role: Role): Promise<Actor> {
    const { name, environment, readyPath } = role;
    const folder = this.makeFolder(name);
    const port = await freePort();
    const startedAt = performance.now();
    const own = { ...environment, HOST: '127.0.0.1', PORT: String(port) };
    const child = this.#spawn({ ...role, environment: own });
    const origin = `http://127.0.0.1:${port}`;
    while (!(await isReady(`${origin}${readyPath ?? '/'}`, readyPath !== undefined))) {
      const ended = child.exitCode ?? child.signalCode;
      if (ended !== null || performance.now() - startedAt > START_MS)
        throw new Error(`${name} did not start (${ended ?? 'not ready in time'})\n${this.logOf(name)}`);
      await sleep(POLL_MS);
    }
    const readyMs = performance.now() - startedAt;
    return { name, pid: child.pid!, port, folder, origin, readyMs };
  }

  /** Starts a process that is talked to over IPC. */
  startWorker(role: Role): ChildProcess {
    this.makeFolder(role.name);
    return this.#spawn(role, true);
  }

  /** Ends one that is not needed any more. */
  async end({ pid }: Actor): Promise<void> {
    const child = [...this.#children.keys()].find((each) => each.pid === pid)!;
    this.#children.delete(child);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** The last lines that a process wrote. */
  logOf(name: string): string {
    const file = openSync(join(this.folder, name, 'output.log'), 'r');
    const end = Buffer.alloc(8_192);
    // Hundreds of megabytes after a long run: only the end is read.
    const length = readSync(file, end, 0, end.length, Math.max(0, fstatSync(file).size - end.length));
    closeSync(file);
    return end.toString('utf8', 0, length).split('\n').slice(-15).join('\n');
  }

  /** Of those that ended on their own, and not because their work was done. */
  deaths(): string[] {
    return [...this.#children]
      .filter(([child]) => hasEnded(child) && child.exitCode !== 0)
      .map(([child, name]) => `${name} ended (${child.exitCode ?? child.signalCode}): ${this.logOf(name)}`);
  }

  async close(): Promise<void> {
    const running = [...this.#children.keys()].filter((child) => !hasEnded(child));
    const ended = running.map((child) => once(child, 'exit'));
    this.closeNow(false);
    await Promise.all(ended);
    this.#removeFolder();
  }

  /** For the way out that cannot wait. */
  closeNow(removeFolder = true): void {
    // Nothing is owed to a benchmark's subject: no draining.
    for (const child of this.#children.keys()) child.kill('SIGKILL');
    if (removeFolder) this.#removeFolder();
  }

  #removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #spawn({ name, script, core, node = process.execPath, flags = [], environment }: Role, ipc = false) {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const pinned = core === undefined ? [] : ['taskset', '-c', String(core)];
    const command = [...pinned, node, ...flags, file];
    const log = openSync(join(this.folder, name, 'output.log'), 'a');
    const child = spawn(command[0]!, command.slice(1), {
      cwd: join(this.folder, name),
      // Built from scratch: a developer's own settings must not reach a subject.
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...environment },
      stdio: ['ignore', log, log, ...(ipc ? (['ipc'] as const) : [])],
    });
    closeSync(log);
    child.on('error', () => undefined);
    this.#children.set(child, name);
    return child;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function isReady(url: string, mustBeOk: boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok || !mustBeOk;
  } catch {
    return false;
  }
}

/** Asked of the system beforehand, because the gateway is told its port and does not choose one. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
