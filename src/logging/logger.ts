import { constants, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { setTimeout as sleep } from 'node:timers/promises';

import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

import type { LogFormat, LogLevel } from '../config/config.js';

/** What a person at a terminal reads of a line of the log: `12:34:56.789 warn  the message  key=value key="two words"`. */
export function textOf(line: string): string {
  const fields = fieldsOf(line);
  if (fields === undefined) return line;
  const { time, level, msg, context: _, err, stack, ...rest } = fields;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const pairs = Object.entries(rest).map(([key, value]) => `${key}=${wordOf(value)}`);
  const head = [clock, String(level).padEnd(5), String(msg), pairs.join(' ')].filter((part) => part !== '');
  const details = [stackOf(err), stack].filter((part) => typeof part === 'string').join('\n');
  return `${head.join(' ')}\n${details === '' ? '' : `${details.replace(/^/gm, '  ')}\n`}`;
}

function fieldsOf(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function wordOf(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function stackOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  return typeof stack === 'string' ? stack : typeof message === 'string' ? message : undefined;
}

/** A line for a program, or for a person at a terminal. */
export function formatOf(wish: LogFormat | undefined, atTerminal: boolean): LogFormat {
  return wish ?? (atTerminal ? 'pretty' : 'json');
}

/** A logger of lines of JSON, or of text that is made of them. */
export function makeLogger(level: LogLevel, format: LogFormat, output: LogOutput): Logger {
  const write = (line: string) => output.write(format === 'json' ? line : textOf(line));
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  output.onDropped((lines) => {
    logger.warn({ lines }, 'lines of the log were dropped: nobody read them in time');
  });
  return logger;
}

/** Who in the framework logs at each start which module, controller and route there is: of use to a developer only. */
const FRAMEWORK = new Set([
  'NestFactory',
  'NestApplication',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
]);

/** Lets the framework and our own classes write through pino: `(message)`, `(fields, message)`, each with a context. */
export class PinoNestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log = (message: unknown, ...rest: unknown[]) => this.#write('info', message, rest);
  error = (message: unknown, ...rest: unknown[]) => this.#write('error', message, rest);
  warn = (message: unknown, ...rest: unknown[]) => this.#write('warn', message, rest);
  debug = (message: unknown, ...rest: unknown[]) => this.#write('debug', message, rest);
  verbose = (message: unknown, ...rest: unknown[]) => this.#write('trace', message, rest);
  fatal = (message: unknown, ...rest: unknown[]) => this.#write('fatal', message, rest);

  #write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const words = rest.filter((part) => typeof part === 'string');
    const context = words.pop();
    if (level === 'info' && FRAMEWORK.has(context ?? '')) return this.#write('debug', message, rest);
    if (message instanceof Error) this.logger[level]({ err: message, context }, message.message);
    else if (typeof message === 'object' && message !== null)
      this.logger[level]({ ...message, context }, words.join(' '));
    else
      this.logger[level]({ context, ...(words.length > 0 && { stack: words.join('\n') }) }, String(message));
  }
}

/** Lines are written together, at most so many milliseconds late. */
const FLUSH_EVERY_MS = 250;
const FLUSH_BYTES = 4_096;

/** What may wait while nobody reads, about 20,000 lines; beyond it new lines are dropped and counted. */
const MAX_WAITING_BYTES = 4 * 1_048_576;

/** Where the lines of the log go. */
export interface LogOutput {
  /** Never blocks. @param text whole lines, each with its line break */
  write(text: string): void;
  /** Has what waits written now, without waiting for it. */
  flush(): void;
  /** Lines that nobody read in time, since the start. */
  readonly dropped: number;
  /** @param hear called when lines can be written again after some were dropped, with how many */
  onDropped(hear: (lines: number) => void): void;
  /** Writes what waits, or gives up after so many milliseconds. Nothing is written from then on. */
  end(withinMs: number): Promise<void>;
}

/**
 * Standard output. Its reader may stall for as long as it likes: requests go on, memory is bounded, and the process can exit.
 *
 * @param fd for a test
 */
export function standardOutput(fd = nonBlockingStdout()): LogOutput {
  let dropped = 0;
  let unreported = 0;
  let ended = false;
  let exiting = false;
  const hearers: ((lines: number) => void)[] = [];
  const destination = pino.destination({
    dest: fd,
    sync: false,
    minLength: FLUSH_BYTES,
    periodicFlush: FLUSH_EVERY_MS,
    maxLength: MAX_WAITING_BYTES,
    // While the process runs a full pipe is tried again; as it exits there is no time to wait for a reader.
    retryEAGAIN: () => !exiting,
  });
  const flushSync = destination.flushSync.bind(destination);
  // Called as the process exits. It would wait for a stalled reader for ever, and throw where there is none any more.
  destination.flushSync = () => {
    exiting = true;
    try {
      flushSync();
    } catch {
      // What nobody reads is lost.
    }
  };
  // A closed pipe, a full disk: the gateway does not end because of its log. What waits is tried again with the next lines.
  destination.on('error', () => undefined);
  destination.on('drop', (lines: string) => {
    const count = lines.split('\n').length - 1;
    dropped += count;
    unreported += count;
  });
  destination.on('drain', () => {
    if (unreported === 0 || ended) return;
    const lines = unreported;
    unreported = 0;
    for (const hear of hearers) hear(lines);
  });
  return {
    write: (text) => void (ended || destination.write(text)),
    flush: () => void (ended || destination.flush()),
    get dropped() {
      return dropped;
    },
    onDropped: (hear) => void hearers.push(hear),
    end: async (withinMs) => {
      ended = true;
      const written = new Promise((resolve) => destination.once('close', resolve));
      destination.end();
      await Promise.race([written, sleep(withinMs)]);
      destination.destroy();
    },
  };
}

/**
 * Standard output in non-blocking mode. In blocking mode a write into a full pipe holds a thread until somebody reads, and no
 * process exits before its threads do.
 */
function nonBlockingStdout(): number {
  // Reading this property makes Node.js switch the mode of pipes and sockets.
  void process.stdout;
  if (!isatty(1)) return 1;
  try {
    // A terminal stays as it is for the others who share it; opened once more, it is not in their way.
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return 1;
  }
}
