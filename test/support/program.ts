import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../gateway/hss-gateway.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** No file may grow beyond so many KiB: the disk is full. */
  readonly fileKib?: number;
}

/** Starts the built `hss-gateway`; nothing of this process's environment is passed on. */
export function startProgram(words: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const { cwd, env, fileKib } = options;
  // The shell counts in blocks of 512 bytes and hands its process over.
  const limit = fileKib === undefined ? '' : `ulimit -f ${fileKib * 2} && `;
  const child = spawn('/bin/sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, PROGRAM, ...words], {
    ...(cwd !== undefined && { cwd }),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (written[name] += text));
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: (code ?? signal) as number | NodeJS.Signals,
    ...written,
  }));
  return { ended, kill: (signal) => void child.kill(signal) };
}

/** The same, to its end. */
export function runProgram(words: readonly string[], options?: ProgramOptions): Promise<Ended> {
  return startProgram(words, options).ended;
}
