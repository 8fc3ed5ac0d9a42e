import { describe, expect, it } from '@jest/globals';

import { TrailStatements } from './trail-statements.js';
import { makeSignerKey, signNote, type SignerKey } from './tree/signed-note.js';
import { signAcknowledgement, signKeyChange } from './tree/statements.js';

const ORIGIN = 'trail';
const FAULT = { what: 'altered', first: 3, last: 3, detail: 'it is not what the tree has' } as const;
const [own, other] = [makeSignerKey(ORIGIN), makeSignerKey(ORIGIN)];

const change = (previous: SignerKey, note: string) => ({
  ...{ seq: 5, kind: 'key' },
  body: JSON.stringify({ kind: 'key', previous: previous.verifier.text, origin: ORIGIN, note }),
});
const acknowledgement = (by: SignerKey) => ({
  ...{ seq: 6, kind: 'acknowledgement' },
  body: JSON.stringify({ origin: ORIGIN, note: signAcknowledgement(ORIGIN, { faults: [FAULT] }, by) }),
});
const by = (...statements: ConstructorParameters<typeof TrailStatements>[1]) =>
  new TrailStatements([own.verifier], statements);

describe('what is signed about a trail', () => {
  it('counts by a known key, and by one that both have signed the change from or to', () => {
    expect(by(acknowledgement(own)).acknowledges(FAULT)).toBe(true);
    const from = change(other, signKeyChange(ORIGIN, own, other));
    const to = change(own, signKeyChange(ORIGIN, other, own));
    for (const changed of [from, to]) {
      expect(by(changed, acknowledgement(other)).acknowledges(FAULT)).toBe(true);
      expect(by(changed).verifiers.map(({ text }) => text)).toContain(other.verifier.text);
    }
  });

  it('counts for nothing by a stranger, also where that says to be the key before', () => {
    const text = `hss-gateway audit key\n${ORIGIN}\n${own.verifier.text}\n`;
    const claimed = change(other, signNote(text, other));
    for (const statements of [[], [claimed]]) {
      const read = by(...statements, acknowledgement(other));
      expect(read.acknowledges(FAULT)).toBe(false);
      expect(read.verifiers).toEqual([own.verifier]);
    }
  });
});
