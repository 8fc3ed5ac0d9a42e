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
