import type { Command } from 'commander';

import { acknowledge, faultWords } from '../../audit/program.js';
import { EXIT } from '../exit-codes.js';
import { progressOf } from '../progress.js';
import { databaseOf, withDatabase, type DatabaseOption } from './database.js';
import { keysFor } from './keys.js';

const DESCRIPTION = [
  'Verifies the audit trail, shows what is wrong with it, and writes a record that you know of it: the gateway acts again from then on.',
  'What those records are about is never resumed, taken back or carried out. Of a database file, the gateway must be stopped; in',
  'PostgreSQL gateways go on, and notice it. It takes the audit key.',
].join(' ');

const EXIT_HELP = `
Exit code: 0 when it is done, 1 when there is nothing to acknowledge, 2 when it could not be done.`;

interface Options extends DatabaseOption {
  readonly by: string;
  readonly reason: string;
  readonly checkpoints?: string;
}

export function addAcknowledge(audit: Command): void {
  const command = audit.command('acknowledge').summary('let a gateway with a broken trail act again');
  withDatabase(command)
    .requiredOption('--by <name>', 'who you are')
    .requiredOption('--reason <text>', 'what you found out, and why acts may go on')
    .option('--checkpoints <file>', 'the file of a witness, where that shows records that are gone')
    .description(DESCRIPTION)
    .addHelpText('after', EXIT_HELP)
    .action(run);
}

async function run({ by, reason, checkpoints, ...options }: Options): Promise<void> {
  const database = databaseOf(options);
  const progress = progressOf(process.stderr);
  try {
    const keys = keysFor(database);
    if (!keys) throw new Error('the audit key is not known: set GATEWAY_AUDIT_KEY_FILE');
    const who = { by, reason, now: Date.now(), checkpoints };
    const faults = await acknowledge(database, keys, who, progress.show);
    progress.end();
    const said = faults.length === 0 ? ['there is nothing to acknowledge'] : faults.map(faultWords);
    process.stdout.write(`${said.join('\n')}\n`);
    if (faults.length > 0) process.stdout.write('acknowledged\n');
    process.exitCode = faults.length === 0 ? EXIT.no : EXIT.done;
  } catch (error) {
    progress.end();
    throw new Error('nothing was acknowledged', { cause: error });
  }
}
