import { Option, type Command } from 'commander';

import type { DatabaseConfig } from '../../config/config.js';
import { readEnvironment } from '../../config/environment.js';
import { databaseProblem } from '../../config/formats.js';
import { databaseConfig } from '../../config/load-config.js';

export interface DatabaseOption {
  readonly database?: string;
}

/** Which database a command is about, where it is not the one of the environment. */
export function withDatabase(command: Command): Command {
  return command.addOption(
    new Option(
      '--database <url>',
      'file:<path> or postgres://…; otherwise what the gateway reads: GATEWAY_DATABASE_URL, or GATEWAY_DATABASE_URL_FILE',
    ),
  );
}

/** @throws Error */
export function databaseOf({ database }: DatabaseOption): DatabaseConfig {
  const source = readEnvironment();
  if (database === undefined) return databaseConfig(source);
  const problem = databaseProblem(database);
  if (problem !== undefined) throw new Error(`--database ${problem}`);
  return databaseConfig({ ...source, environment: { GATEWAY_DATABASE_URL: database } });
}
