import { hash } from 'node:crypto';

import { EXPIRY_FORMS } from '../config/formats.js';
import { KEY_ENVIRONMENT, makeApiKey } from '../http/identity/api-keys.js';
import { expiryMember, fail, readKeyOptions, type KeyOptions } from './key-options.js';

/** Makes a key for a caller, shows it once, and shows what of it goes into the configuration file: its digest. */

const USAGE = `Usage: npm run caller:key -- --caller <id> [--env <environment>] [--expires <date>]

  --caller   id of the caller the key is for
  --env      what the key is for, as part of it: 1 to 16 lower-case letters, digits and dashes; prod when left out
  --expires  ${EXPIRY_FORMS}
`;

function newKey(options: KeyOptions): string {
  const { id, text } = makeApiKey(options.own);
  return `The key, shown this once and stored nowhere:

  ${text}

What goes into the file that GATEWAY_CONFIG names, as one more of the caller's keys:

callers:
  - id: ${options.caller}
    keys:
      - { id: ${id}, sha256: ${hash('sha256', text)}${expiryMember(options)} }
`;
}

const environment = {
  name: 'env',
  usual: 'prod',
  format: { pattern: KEY_ENVIRONMENT, allowed: '1 to 16 lower-case letters, digits and dashes' },
};
const options = readKeyOptions(environment);
if ('caller' in options) process.stdout.write(newKey(options));
else fail(options, USAGE);
