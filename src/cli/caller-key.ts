import { hash } from 'node:crypto';
import { parseArgs } from 'node:util';

import { CALLER_ID, EXPIRY_FORMS, parseExpiry } from '../config/formats.js';
import { KEY_ENVIRONMENT, makeApiKey } from '../http/identity/api-keys.js';

/** Makes a key for a caller, shows it once, and shows what of it goes into the configuration file: its digest. */

const USAGE = `Usage: npm run caller:key -- --caller <id> [--env <environment>] [--expires <date>]

  --caller   id of the caller the key is for
  --env      what the key is for, as part of it: 1 to 16 lower-case letters, digits and dashes; prod when left out
  --expires  ${EXPIRY_FORMS}
`;

interface Wish {
  readonly caller: string;
  readonly environment: string;
  readonly expires?: string;
}

function readWish(): Wish | readonly string[] {
  const options = {
    caller: { type: 'string' },
    env: { type: 'string' },
    expires: { type: 'string' },
  } as const;
  const parsed = attempt(() => parseArgs({ options }).values);
  if (typeof parsed === 'string') return [parsed];
  const { caller = '', env: environment = 'prod', expires } = parsed;
  const faults = [
    CALLER_ID.pattern.test(caller) ? '' : `--caller must be ${CALLER_ID.allowed}`,
    KEY_ENVIRONMENT.test(environment) ? '' : '--env must be 1 to 16 lower-case letters, digits and dashes',
    expires === undefined || parseExpiry(expires) !== undefined ? '' : `--expires must be ${EXPIRY_FORMS}`,
  ].filter(Boolean);
  return faults.length > 0 ? faults : { caller, environment, ...(expires !== undefined && { expires }) };
}

function attempt<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function newKey({ caller, environment, expires }: Wish): string {
  const { id, text } = makeApiKey(environment);
  const expiration = expires === undefined ? '' : `, expiresAt: "${expires}"`;
  return `The key, shown this once and stored nowhere:

  ${text}

What goes into the file that GATEWAY_CONFIG names, as one more of the caller's keys:

callers:
  - id: ${caller}
    keys:
      - { id: ${id}, sha256: ${hash('sha256', text)}${expiration} }
`;
}

const wish = readWish();
if ('caller' in wish) {
  process.stdout.write(newKey(wish));
} else {
  process.stderr.write(`${wish.join('\n')}\n\n${USAGE}`);
  process.exitCode = 1;
}
