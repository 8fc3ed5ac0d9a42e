import { parseArgs } from 'node:util';

import { CALLER_ID, EXPIRY_FORMS, KEY_ID, parseExpiry } from '../config/formats.js';
import { signingMasterKey } from '../config/load-config.js';
import { ConfigError } from '../config/field.js';
import { readEnvironment } from '../config/environment.js';
import { accessKeyOf, secretOf } from '../http/identity/signatures.js';

/** Makes an access key pair for a caller, and shows what of it goes into the configuration file: its id, and no secret. */

const USAGE = `Usage: npm run caller:signing-key -- --caller <id> [--id <key id>] [--expires <date>]

  --caller   id of the caller the key pair is for
  --id       what the key pair is called, one name for each that the caller has; sdk when left out
  --expires  ${EXPIRY_FORMS}

The secret is derived from the master key: set GATEWAY_SIGNING_MASTER_KEY_FILE to the file that the gateway reads it from.
The same names always give the same pair: a pair that leaked is revoked by removing its id from the
configuration file, and replaced under another one.
`;

function readWish(): { caller: string; id: string; expires?: string } | readonly string[] {
  const options = {
    caller: { type: 'string' },
    id: { type: 'string' },
    expires: { type: 'string' },
  } as const;
  try {
    const { caller = '', id = 'sdk', expires } = parseArgs({ options }).values;
    const faults = [
      CALLER_ID.pattern.test(caller) ? '' : `--caller must be ${CALLER_ID.allowed}`,
      KEY_ID.pattern.test(id) ? '' : `--id must be ${KEY_ID.allowed}`,
      expires === undefined || parseExpiry(expires) !== undefined ? '' : `--expires must be ${EXPIRY_FORMS}`,
    ].filter(Boolean);
    return faults.length > 0 ? faults : { caller, id, ...(expires !== undefined && { expires }) };
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function newPair(masterKey: string, wish: { caller: string; id: string; expires?: string }): string {
  const accessKey = accessKeyOf(wish.caller, wish.id);
  const expiration = wish.expires === undefined ? '' : `, expiresAt: "${wish.expires}"`;
  return `The key pair; its secret is stored nowhere:

  access key (AK)  ${accessKey}
  secret (SK)      ${secretOf(masterKey, accessKey)}

What goes into the file that GATEWAY_CONFIG names, as one more of the caller's signing keys:

callers:
  - id: ${wish.caller}
    signingKeys:
      - { id: ${wish.id}${expiration} }
`;
}

function fail(faults: readonly string[]): void {
  process.stderr.write(`${faults.join('\n')}\n\n${USAGE}`);
  process.exitCode = 1;
}

const wish = readWish();
if ('caller' in wish) {
  try {
    process.stdout.write(newPair(signingMasterKey(readEnvironment()), wish));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    fail([error.message]);
  }
} else {
  fail(wish);
}
