import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { SentMarks, type MarkFile } from './sent-marks.js';

class MemoryFile implements MarkFile {
  text: string | undefined;
  read = () => this.text;
  append = (text: string) => (this.text = (this.text ?? '') + text);
  replace = (text: string) => (this.text = text);
  close = () => undefined;
}

const idOf = (index: number) => `01a204f0-a5d9-72d8-aca3-${String(index).padStart(12, '0')}`;
const ID = idOf(1);

/** What the next process knows of a chunk that an earlier one left. */
function afterwards(file: MarkFile, chunk: number, { boot = 'a', paused = false } = {}): boolean {
  const next = new SentMarks(file, boot);
  next.recover(ID, chunk, paused);
  return next.mayBeSent(ID, chunk);
}

describe('a chunk of an operation', () => {
  it('may have been sent once it is marked, and not before', () => {
    const marks = new SentMarks(new MemoryFile(), 'a');
    marks.begin(ID);
    expect(marks.mayBeSent(ID, 0)).toBe(false);
    marks.mark(ID, 0);
    expect([marks.mayBeSent(ID, 0), marks.mayBeSent(ID, 1)]).toEqual([true, false]);
    marks.end(ID);
    expect(marks.mayBeSent(ID, 1)).toBe(true);
  });

  it('is known by the next process, and by the one after that', () => {
    const file = new MemoryFile();
    const marks = new SentMarks(file, 'a');
    marks.begin(ID);
    marks.mark(ID, 0);
    expect([0, 1].map((chunk) => afterwards(file, chunk))).toEqual([true, false]);
    expect([0, 1].map((chunk) => afterwards(file, chunk))).toEqual([true, false]);
  });

  it.each<[string, (file: MemoryFile) => void]>([
    ['the file is gone', (file) => (file.text = undefined)],
    ['the file is empty', (file) => (file.text = '')],
    ['the file is something else', (file) => (file.text = 'SQLite format 3')],
    ['the operation was begun by a process that makes no marks', (file) => (file.text = 'marks 1 a\n')],
  ])('is not known where %s', (_, spoil) => {
    const file = new MemoryFile();
    new SentMarks(file, 'a').begin(ID);
    spoil(file);
    expect(afterwards(file, 0)).toBe(true);
    // Nor by the process after that, which finds a good file.
    expect(afterwards(file, 0)).toBe(true);
  });

  it('is not known where the machine was started anew, or that is not known', () => {
    for (const boot of ['b', undefined]) {
      const file = new MemoryFile();
      new SentMarks(file, 'a').begin(ID);
      const next = new SentMarks(file, boot);
      next.recover(ID, 0, false);
      expect(next.mayBeSent(ID, 0)).toBe(true);
    }
  });

  it('was not sent where the operation was paused before it', () => {
    expect(afterwards(new MemoryFile(), 0, { paused: true })).toBe(false);
  });

  it('is known whatever many others there were, and wherever the last line was cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.nat(20), (sent, cut) => {
        const file = new MemoryFile();
        const marks = new SentMarks(file, 'a');
        marks.begin(ID);
        for (let chunk = 0; chunk < sent; chunk += 1) marks.mark(ID, chunk);
        const whole = file.text!;
        marks.mark(ID, sent);
        file.text = file.text!.slice(0, Math.min(file.text!.length - 1, whole.length + cut));
        // A mark that is not there as a whole was followed by no byte.
        expect(afterwards(file, sent)).toBe(false);
        if (sent > 0) expect(afterwards(file, sent - 1)).toBe(true);
      }),
    );
  });

  it('is kept when the file is tidied', () => {
    const file = new MemoryFile();
    const marks = new SentMarks(file, 'a');
    marks.begin(ID);
    marks.mark(ID, 0);
    for (let index = 2; index < 60_000; index += 1) {
      marks.begin(idOf(index));
      marks.end(idOf(index));
    }
    expect(file.text!.length).toBeLessThan(3_000_000);
    expect([0, 1].map((chunk) => afterwards(file, chunk))).toEqual([true, false]);
  });
});
