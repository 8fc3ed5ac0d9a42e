import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

import type { LogFormat, LogLevel } from '../config/config.js';
import type { LogOutput } from './log-output.js';

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
