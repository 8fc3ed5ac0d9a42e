import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NoteReader } from './note-reader.js';

const ROOT = 'A'.repeat(43) + '=';
const note = (size: number, signatures = 1, origin = 'örigin') =>
  `${origin}\n${size}\n${ROOT}\n\n${`— ${origin} BBBB=\n`.repeat(signatures)}`;

/** What is found in pieces of so many bytes, and from where on it would be read again. */
function read(text: string, pieces: readonly number[] = [text.length * 3], start = 0) {
  const found: string[] = [];
  const reader = new NoteReader('örigin', start, (each) => void found.push(each.note));
  let bytes = Buffer.from(text);
  for (let at = 0; bytes.length > 0; at += 1) {
    const length = pieces[at % pieces.length] ?? 1;
    reader.add(bytes.subarray(0, length));
    bytes = bytes.subarray(length);
  }
  reader.end();
  return { found: [...new Set(found)], whole: reader.whole };
}

describe('the checkpoints in a file', () => {
  it('are found however its bytes come, and what may grow is read again', () => {
    const text = `${note(1)}\n${note(2, 3)}\n`;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
        fc.nat({ max: Buffer.byteLength(note(3)) }),
        (pieces, cut) => {
          const half = Buffer.from(note(3)).subarray(0, cut);
          const whole = Buffer.byteLength(text);
          const { found, ...rest } = read(text + half.toString('latin1').replace(/[^\n]/g, 'x'), pieces, 7);
          expect(found).toEqual([note(1), note(2, 3)]);
          expect(rest.whole).toBe(7 + whole);
        },
      ),
    );
    expect(read(`${text}${note(3)}`)).toEqual({
      found: [note(1), note(2, 3), note(3)],
      whole: Buffer.byteLength(text),
    });
  });

  it.each([
    ['lines', 'something\nelse\n'],
    ['half a line', 'x'],
    ['a long line', '#'.repeat(70_000)],
    ['a long line of its own', `${'#'.repeat(70_000)}\n`],
    ['half a note', note(9).slice(0, 30)],
    ['a note of another origin', `${note(9, 1, 'another')}\n`],
    ['signatures', '— örigin BBBB=\n\n'],
    ['empty lines', '\n\n\n'],
    ['bytes of no text', '\u0000\ufffd\n\n\n'],
  ])('are found behind %s', (_, junk) => {
    expect(read(`${junk}${note(4)}\n${junk}${note(5)}\n${junk}`).found).toEqual([note(4), note(5)]);
  });

  it('take no more memory where there are none', () => {
    const lines = 'a\n'.repeat(500_000);
    expect(read(`${lines}${'b'.repeat(1_000_000)}${lines}\n${note(1)}\n`, [65_536]).found).toEqual([note(1)]);
  });
});
