import { EXPIRY_FORMS, KEY_ID } from '../config/formats.js';
import { signingMasterKey } from '../config/load-config.js';
import { ConfigError } from '../config/field.js';
import { readEnvironment } from '../config/environment.js';
import { accessKeyOf, secretOf } from '../http/identity/signatures.js';
import { expiryMember, fail, readKeyOptions, type KeyOptions } from './key-options.js';

/** Makes an access key pair for a caller, and shows what of it goes into the configuration file: its id, and no secret. */

const USAGE = `Usage: npm run caller:signing-key -- --caller <id> [--id <key id>] [--expires <date>]

  --caller   id of the caller the key pair is for
  --id       what the key pair is called, one name for each that the caller has; sdk when left out
  --expires  ${EXPIRY_FORMS}

The secret is derived from the master key: set GATEWAY_SIGNING_MASTER_KEY_FILE to the file that the gateway reads it from.
The same names always give the same pair: a pair that leaked is revoked by removing its id from the
configuration file, and replaced under another one.
`;

function newPair(masterKey: string, options: KeyOptions): string {
  const accessKey = accessKeyOf(options.caller, options.own);
  return `The key pair; its secret is stored nowhere:

  access key (AK)  ${accessKey}
  secret (SK)      ${secretOf(masterKey, accessKey)}

What goes into the file that GATEWAY_CONFIG names, as one more of the caller's signing keys:

callers:
  - id: ${options.caller}
    signingKeys:
      - { id: ${options.own}${expiryMember(options)} }
`;
}

const options = readKeyOptions({ name: 'id', usual: 'sdk', format: KEY_ID });
if ('caller' in options) {
  try {
    process.stdout.write(newPair(signingMasterKey(readEnvironment()), options));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    fail([error.message], USAGE);
  }
} else {
  fail(options, USAGE);
}
