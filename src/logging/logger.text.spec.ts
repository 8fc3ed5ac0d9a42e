import { describe, expect, it } from '@jest/globals';

import { type LogOutput, textOf, formatOf, makeLogger, PinoNestLogger } from './logger.js';

const line = (fields: object) =>
  `${JSON.stringify({ level: 'info', time: '2026-11-29T14:58:36.183Z', ...fields })}\n`;

describe('a line of the log, for people', () => {
  it('has the time, the level, the message and the rest as pairs', () => {
    const fields = { url: 'http://x', context: 'Gateway', msg: 'listening', n: 1, remark: 'two words' };
    expect(textOf(line(fields))).toBe('14:58:36.183 info  listening url=http://x n=1 remark="two words"\n');
  });

  it('has what an error says below it', () => {
    const err = { type: 'Error', message: 'no', stack: 'Error: no\n    at x.js:1' };
    expect(textOf(line({ level: 'error', err, msg: 'no' }))).toBe(
      '14:58:36.183 error no\n  Error: no\n      at x.js:1\n',
    );
  });

  it('stays as it is where it is none', () => {
    expect(textOf('plain\n')).toBe('plain\n');
  });
});

describe('the format of the log', () => {
  it.each([
    [undefined, true, 'pretty'],
    [undefined, false, 'json'],
    ['json', true, 'json'],
    ['pretty', false, 'pretty'],
  ] as const)('asked for as %s, at a terminal: %s, is %s', (wish, atTerminal, format) => {
    expect(formatOf(wish, atTerminal)).toBe(format);
  });

  it.each(['json', 'pretty'] as const)('%s has what the framework logs at debug only', (format) => {
    for (const [level, count] of [
      ['info', 1],
      ['debug', 3],
    ] as const) {
      const lines: string[] = [];
      const output: LogOutput = {
        write: (text) => void lines.push(text),
        flush: () => undefined,
        dropped: 0,
        onDropped: () => undefined,
        end: () => Promise.resolve(),
      };
      const logger = new PinoNestLogger(makeLogger(level, format, output));
      logger.log('Mapped {/livez, GET} route', 'RouterExplorer');
      logger.log('Starting Nest application...', 'NestFactory');
      logger.log({ url: 'http://x' }, 'listening', 'Gateway');
      expect([level, lines.length]).toEqual([level, count]);
      expect(lines.at(-1)).toMatch(/listening/);
    }
  });
});
