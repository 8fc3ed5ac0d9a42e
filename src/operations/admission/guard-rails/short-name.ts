/** What Windows calls a long name as well: `PROGRA~1`, or `PRF4A2~1` where many would be called the same. */
const SHORT = /^([^.~]{1,7})~\d{1,6}(?:\.([^.]{0,3}))?$/;

/** Whether a name on Windows is another, or one of them may be the short form of the other; both in lower case. */
export function mayBeSame(name: string, other: string): boolean {
  return name === other || isShortFor(name, other) || isShortFor(other, name);
}

function isShortFor(name: string, long: string): boolean {
  const [, start, extension = ''] = SHORT.exec(name) ?? [];
  if (start === undefined) return false;
  const dot = long.lastIndexOf('.');
  const [base, ending] = dot > 0 ? [long.slice(0, dot), long.slice(dot + 1)] : [long, ''];
  const letters = base.replace(/[ .]/g, '').replace(/[+,;=[\]]/g, '_');
  const isHashed = /^..[0-9a-f]{4}$/.test(start) && letters.startsWith(start.slice(0, 2));
  return (letters.startsWith(start) || isHashed) && ending.startsWith(extension);
}
