const MAX_WIDTH = 132;

/**
 * The document as it is committed: JSON in which a list or an object that fits stands on one line, so that a reference, an
 * enumeration or a field is read at a glance, and a change of one is a change of one line.
 */
export function textOf(value: unknown, indent = '', before = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const line = onOneLine(value);
  if (indent.length + before + line.length < MAX_WIDTH) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const parts = Array.isArray(value)
    ? value.map((item) => inner + textOf(item, inner))
    : Object.entries(value).map(([key, item]) => {
        const name = `${JSON.stringify(key)}: `;
        return inner + name + textOf(item, inner, name.length);
      });
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

function onOneLine(value: object): string {
  const spaced = (item: unknown): string => {
    if (typeof item !== 'object' || item === null) return JSON.stringify(item);
    if (Array.isArray(item)) return `[${item.map(spaced).join(', ')}]`;
    const members = Object.entries(item).map(([key, member]) => `${JSON.stringify(key)}: ${spaced(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  };
  return spaced(value);
}
