import type { Command } from 'commander';

import { rebuildSideTables, withExclusiveAccess } from '../../audit/program.js';
import { EXIT_HELP } from '../exit-codes.js';
import { progressOf } from '../progress.js';
import { databaseOf, withDatabase, type DatabaseOption } from './database.js';

const DESCRIPTION = [
  'Makes the tables that stand beside the trail again, of the records of the trail: which operations there are and how they',
  'ended, which alarms they name, which keys belong to them, what counts for the daily cap and the brake, what finds records;',
  'and the kept tree, where it is not whole. All in one transaction. The trail itself is only read, and must be whole. Of a database file, the gateway must be stopped; in',
  'PostgreSQL gateways wait as long as it takes.',
].join(' ');

export function addRebuild(audit: Command): void {
  const command = audit.command('rebuild').summary('make the tables beside the trail again');
  withDatabase(command).description(DESCRIPTION).addHelpText('after', EXIT_HELP).action(rebuild);
}

async function rebuild(options: DatabaseOption): Promise<void> {
  const database = databaseOf(options);
  const progress = progressOf(process.stderr);
  try {
    const { operations, removed, tree } = await withExclusiveAccess(database, (engine) =>
      rebuildSideTables(engine, progress.show),
    );
    progress.end();
    process.stdout.write(
      `the tables are made of the trail: ${operations} operations; ${removed} rows removed that no record says` +
        `${tree ? '; the tree was made again' : ''}\n`,
    );
  } catch (error) {
    progress.end();
    throw new Error('nothing was made again', { cause: error });
  }
}
