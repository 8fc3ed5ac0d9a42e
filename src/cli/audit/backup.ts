import type { Command } from 'commander';

import { backUp } from '../../audit/program.js';
import { EXIT_HELP } from '../exit-codes.js';
import { progressOf } from '../progress.js';
import { databaseOf, withDatabase, type DatabaseOption } from './database.js';

const DESCRIPTION = [
  'Copies the audit database into a new file, while the gateway runs and writes or while it is stopped, and checks the copy:',
  'every page, every record, and that each follows from the one before. Only then the file has its name.',
  'Of a database in PostgreSQL, pg_dump makes backups.',
].join(' ');

export function addBackup(audit: Command): void {
  const command = audit.command('backup').summary('copy the database of a running or stopped gateway');
  withDatabase(command)
    .description(DESCRIPTION)
    .argument('<file>', 'the new file; there must be none of that name')
    .addHelpText('after', EXIT_HELP)
    .action((file: string, options: DatabaseOption) => backup(file, options));
}

async function backup(file: string, options: DatabaseOption): Promise<void> {
  const database = databaseOf(options);
  if (database.kind === 'postgres') {
    throw new Error(
      'the audit database is PostgreSQL, which has tools of its own: pg_dump --format=custom copies it while gateways write, and pg_restore brings it back',
    );
  }
  const stop = new AbortController();
  const onSignal = () => stop.abort(new Error('stopped; nothing is left of it'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const progress = progressOf(process.stderr);
  try {
    const { records, hash } = await backUp(database.path, file, {
      onProgress: progress.show,
      signal: stop.signal,
    });
    progress.end();
    process.stdout.write(`${file}: ${records} records, checked; the last one's hash is ${hash}\n`);
  } catch (error) {
    progress.end();
    throw new Error(`no backup of ${database.path} was made`, { cause: error });
  }
}
