import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

import type { LogLevel } from './config/config.js';

/** Lines are written together, at most so many milliseconds late. */
const FLUSH_EVERY_MS = 250;
const FLUSH_BYTES = 4_096;

/** JSON lines on standard output, written without blocking a request; what is left is written when the process exits. */
export function makeLogger(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 1, sync: false, minLength: FLUSH_BYTES, periodicFlush: FLUSH_EVERY_MS }),
  );
}

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
    if (message instanceof Error) this.logger[level]({ err: message, context }, message.message);
    else if (typeof message === 'object' && message !== null)
      this.logger[level]({ ...message, context }, words.join(' '));
    else
      this.logger[level]({ context, ...(words.length > 0 && { stack: words.join('\n') }) }, String(message));
  }
}
