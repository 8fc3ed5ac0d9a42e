import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from './field.js';
import { load } from './config.fixture.js';
import { attempt, documents, environments, misplaced, SECRET, toldOf } from './garbage.fixture.js';

describe('loadConfig, whatever it is given', () => {
  test('returns a frozen configuration or throws a ConfigError that shows no value', () => {
    const seen = { loaded: 0, refused: 0 };
    fc.assert(
      fc.property(environments(misplaced), documents(misplaced), (environment, yaml) => {
        const config = attempt(() => load(environment, yaml));
        if (config instanceof ConfigError) {
          seen.refused += 1;
          expect(config.problems.length).toBeGreaterThan(0);
          expect(toldOf(config)).not.toContain(SECRET);
        } else {
          seen.loaded += 1;
          expectFrozen(config);
        }
      }),
      { numRuns: 500 },
    );
    // Else one half of the property would hold of nothing.
    expect(Math.min(seen.loaded, seen.refused)).toBeGreaterThan(20);
  });
});

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  if (value instanceof Map) {
    expect(() => value.set('x', 1)).toThrow('frozen');
    expect(() => value.delete('default')).toThrow('frozen');
    expect(() => value.clear()).toThrow('frozen');
  }
  const members: unknown[] = value instanceof Map ? [...value.values()] : Object.values(value);
  members.forEach(expectFrozen);
}
