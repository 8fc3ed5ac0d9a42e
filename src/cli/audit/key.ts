import { writeFileSync } from 'node:fs';

import type { Command } from 'commander';

import { makeSignerKey, newAuditKey, readSignerKey, signerText } from '../../audit/program.js';
import { EXIT_HELP } from '../exit-codes.js';

const DESCRIPTION = [
  'Makes a key for the audit trail: the secret for GATEWAY_AUDIT_KEY_FILE, and the public key by which others check what it signs.',
  'Keep the secret apart from the database.',
].join(' ');

interface Options {
  readonly name?: string;
  readonly out?: string;
}

const OWNER_ONLY = 0o600;

export function addKey(audit: Command): void {
  audit
    .command('key')
    .summary('make a key for the audit trail')
    .option('--name <name>', 'what the key is called; otherwise a name that no other trail has')
    .option('--out <file>', 'a new file for the secret, readable for you alone; otherwise it is printed')
    .description(DESCRIPTION)
    .addHelpText('after', EXIT_HELP)
    .action(make);
}

function make({ name, out }: Options): void {
  if (name !== undefined && !/^[^\s+]+$/.test(name))
    throw new Error('--name must be one word without a plus sign');
  const secret = name === undefined ? newAuditKey() : signerText(makeSignerKey(name));
  if (out === undefined) process.stdout.write(`${secret}\n`);
  else {
    try {
      writeFileSync(out, `${secret}\n`, { mode: OWNER_ONLY, flag: 'wx', flush: true });
    } catch (error) {
      throw new Error('no key was made', { cause: error });
    }
  }
  process.stdout.write(`public key: ${readSignerKey(secret).verifier.text}\n`);
}
