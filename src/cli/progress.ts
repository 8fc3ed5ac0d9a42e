/** How far a command is, on one line that is written over; nothing where nobody looks. */
export interface Progress {
  /** @param part from 0 to 1 */
  show(this: void, step: string, part: number): void;
  /** Removes the line. */
  end(this: void): void;
}

const CLEAR_LINE = '\r\x1b[K';

export function progressOf(stream: NodeJS.WriteStream): Progress {
  let shown = '';
  const write = (text: string) => {
    if (stream.isTTY && text !== shown) stream.write(`${CLEAR_LINE}${text}`);
    shown = text;
  };
  return {
    show: (step, part) => write(`${step} ${Math.floor(part * 100)} %`),
    end: () => write(''),
  };
}
