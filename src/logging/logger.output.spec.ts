import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, describe, expect, it } from '@jest/globals';

const LINES = 100_000;
const LINE = 'x'.repeat(99);

/**
 * Writes more than may wait, into a pipe that nobody reads yet, and says how much of it was dropped. What it is told then, it
 * does: end in order, or exit at once.
 */
const PROGRAM = `
  import { standardOutput } from ${JSON.stringify(new URL('logger.js', import.meta.url).href)};
  const output = standardOutput();
  output.onDropped((lines) => process.send({ toldOf: lines }));
  for (let line = 0; line < ${LINES}; line += 1) output.write(${JSON.stringify(`${LINE}\n`)});
  process.send({ dropped: output.dropped, memory: process.memoryUsage().rss });
  process.on('message', async (order) => {
    if (order === 'end') await output.end(500);
    process.exit(7);
  });
`;

describe('standard output', () => {
  let program: ChildProcess;
  afterEach(() => void program.kill('SIGKILL'));

  /** Starts the program, and does not read what it writes. */
  function start(): void {
    program = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
  }
  const told = async () => ((await once(program, 'message')) as [Record<string, number>])[0];

  it('that nobody reads holds up nothing: what is too much is dropped, and counted', async () => {
    start();
    const { dropped = 0 } = await told();
    expect(dropped).toBeGreaterThan(LINES / 10);
    expect(dropped).toBeLessThan(LINES);
  });

  it.each(['end', 'exit'])('that nobody reads does not keep a process from its %s', async (order) => {
    start();
    await told();
    program.send(order);
    expect(await once(program, 'exit')).toEqual([7, null]);
  });

  it('that is read again has every line that was not dropped, whole, and says how many were', async () => {
    start();
    const { dropped = 0 } = await told();
    let read = '';
    program.stdout?.setEncoding('utf8').on('data', (text: string) => (read += text));
    expect(await told()).toEqual({ toldOf: dropped });
    program.send('end');
    await once(program, 'close');
    const lines = read.trimEnd().split('\n');
    expect(lines.filter((line) => line !== LINE)).toEqual([]);
    expect(lines.length).toBe(LINES - dropped);
  });

  it('whose reader has gone away ends nothing', async () => {
    start();
    await told();
    program.stdout?.destroy();
    program.send('end');
    expect(await once(program, 'exit')).toEqual([7, null]);
  });
});
