import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { checkpointsIn, signCheckpoint } from './checkpoint.js';
import { makeSignerKey } from './signed-note.js';

const key = makeSignerKey('test');
const note = (size: number) => signCheckpoint({ origin: 'test', size, root: randomBytes(32) }, key);

describe('the checkpoints in a text', () => {
  it('stand one after the other, with an empty line between them or without', () => {
    const notes = [note(1), note(2), note(3)];
    expect(checkpointsIn(notes.join('\n'))).toEqual(notes);
    expect(checkpointsIn(notes.join(''))).toEqual(notes);
    expect(checkpointsIn('')).toEqual([]);
  });

  it('are found behind lines that are none of theirs', () => {
    const notes = [note(1), note(2)];
    expect(checkpointsIn(`a line\nand another\n${notes.join('\n\na line\n')}`)).toEqual(notes);
  });

  it('are looked for once in a text without any', () => {
    const text = 'x\n'.repeat(1_000_000) + 'x'.repeat(1_000_000);
    expect(checkpointsIn(text)).toEqual([]);
  });
});
