import type { CallerConfig, KeyConfig } from './config.js';
import { readExpiry, readRanges, readSigningKeys } from './acts.js';
import { readCallerLimits } from './caller-limits.js';
import type { Field } from './field.js';
import { CALLER_ID, KEY_ID, SHA256 } from './formats.js';
import { readDenial, readGrant } from './grants.js';
import { readTokenRules } from './issuers.js';
import { noteRepeated } from './repeated.js';

const EMPTY = 'is the digest of an empty key: digest the key itself';
const PUBLISHED =
  'is the digest of a key that is published with the gateway, so that anyone could present it: make one with npm run caller:key';

/** By digest: keys that anyone could present. A slip of the shell makes those of nothing, and of a lone line break. */
const KEYS_OF_ANYONE: ReadonlyMap<string, string> = new Map([
  ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', EMPTY],
  ['01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b', EMPTY],
  // The demo's, good for the simulator in the same process, and the one of an earlier example.
  ['8d048fcb22119d796dd0e35dbd170095b88e9f4c3b11ec4dbb6e086760e26ed4', PUBLISHED],
  ['fdf4944ba5e9540bac8580558951749d27c5a3c5965d1dcea05b42030483c885', PUBLISHED],
]);

/** What callers may refer to, by name. */
export interface Named {
  readonly projects: readonly string[];
  readonly issuers: readonly string[];
}

/** What no two callers may have in common. */
interface Taken {
  readonly ids: Set<string>;
  readonly digests: Set<string>;
  readonly tokenRules: Set<string>;
}

/** Reads the callers. */
export function readCallers(callers: Field, named: Named): CallerConfig[] {
  const taken: Taken = { ids: new Set(), digests: new Set(), tokenRules: new Set() };
  return callers.list('caller').map((entry) => readCaller(entry, named, taken));
}

function readCaller(entry: Field, { projects, issuers }: Named, taken: Taken): CallerConfig {
  const fields = entry.object(
    'id',
    'keys',
    'tokens',
    'signingKeys',
    'grants',
    'deny',
    'onBehalfOf',
    'from',
    'limits',
  );
  const id = fields.id.text(CALLER_ID);
  noteRepeated(fields.id, id, taken.ids, 'repeats the id of another caller: rename one');
  const keyIds = new Set<string>();
  // Whoever shows tokens or signs needs no key.
  const keyless = (fields.tokens.given || fields.signingKeys.given) && !fields.keys.given;
  return {
    id,
    keys: keyless ? [] : fields.keys.list('key').map((key) => readKey(key, keyIds, taken.digests)),
    ...(fields.tokens.given && { tokens: readTokenRules(fields.tokens, issuers, taken.tokenRules) }),
    grants: fields.grants.list('grant').map((grant) => readGrant(grant, projects)),
    ...(fields.deny.given && {
      denials: fields.deny.list('denial').map((denial) => readDenial(denial, projects)),
    }),
    ...(fields.onBehalfOf.given && { onBehalfOf: fields.onBehalfOf.oneOf(['true', 'false']) === 'true' }),
    ...(fields.from.given && { from: readRanges(fields.from) }),
    ...(fields.signingKeys.given && { signingKeys: readSigningKeys(fields.signingKeys) }),
    ...(fields.limits.given && { limits: readCallerLimits(fields.limits) }),
  };
}

function readKey(entry: Field, ids: Set<string>, digests: Set<string>): KeyConfig {
  const fields = entry.object('id', 'sha256', 'expiresAt', 'from');
  const sha256 = fields.sha256.text(SHA256).toLowerCase();
  const known = KEYS_OF_ANYONE.get(sha256);
  if (known !== undefined) fields.sha256.note(known);
  // A key that two callers share would leave it open who is asking.
  noteRepeated(fields.sha256, sha256, digests, 'repeats another key: give every caller keys of its own');
  const id = fields.id.text(KEY_ID, '');
  noteRepeated(fields.id, id, ids, 'repeats the id of another key of this caller: rename one');
  return {
    sha256,
    ...(id !== '' && { id }),
    ...(fields.expiresAt.given && { expiresAt: readExpiry(fields.expiresAt) }),
    ...(fields.from.given && { from: readRanges(fields.from) }),
  };
}
