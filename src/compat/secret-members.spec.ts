import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { SECRET_MEMBERS, withoutSecrets } from './secret-members.js';

const name = fc.oneof(
  fc.constantFrom(...SECRET_MEMBERS),
  fc.constantFrom('kept', 'a', 'pwd_used_days', 'cmdline'),
);
const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.integer(),
    fc.constantFrom(null, true, 'pwd_hash', '"pwd_hash":'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

/** The rule, said once more. */
function without(item: unknown): unknown {
  if (Array.isArray(item)) return item.map(without);
  if (typeof item !== 'object' || item === null) return item;
  const left = Object.entries(item).filter(([each]) => !(SECRET_MEMBERS as readonly string[]).includes(each));
  return Object.fromEntries(left.map(([each, inner]) => [each, without(inner)]));
}

/** Any letter of a name may be written as an escape. */
const escaped = (text: string) => text.replace(/_/g, '\\u005f').replace(/p/g, '\\u0070');

describe('members that may hold a secret', () => {
  it('are left out wherever they stand, and nothing else is', () => {
    fc.assert(
      fc.property(value, (item) => {
        expect(JSON.parse(withoutSecrets(JSON.stringify(item)))).toEqual(without(item));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(SECRET_MEMBERS.map((each) => [each]))(
    'are left out however their names are written: %s',
    (each) => {
      const text = `{"data_list":[{"${escaped(each)}":{"x":1},"kept":"${escaped('pwd_hash')}"}]}`;
      expect(withoutSecrets(text)).toBe('{"data_list":[{"kept":"pwd_hash"}]}');
    },
  );

  it('leave what has none as it is, to the byte', () => {
    const text = ' {"a" : 1.10,\t"b":[ 1E2 ], "pwd_hashes":"x" }\n';
    expect(withoutSecrets(text)).toBe(text);
  });
});
