#!/usr/bin/env node
import { Command, CommanderError } from 'commander';

import { reasonOf } from '../audit/program.js';
import { addAcknowledge } from './audit/acknowledge.js';
import { addBackup } from './audit/backup.js';
import { addKey } from './audit/key.js';
import { addRebuild } from './audit/rebuild.js';
import { addVerify } from './audit/verify.js';
import { EXIT } from './exit-codes.js';

/** The program beside the gateway: a group of commands for each thing that it is about, a file for each command. */

const program = new Command('hss-gateway')
  .description('What operators do beside a running gateway.')
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride();

const audit = program
  .command('audit')
  .description('The audit trail: what was asked of the gateway and what came of it');
addVerify(audit);
addAcknowledge(audit);
addBackup(audit);
addRebuild(audit);
addKey(audit);

/** A value behind its option, so that it is not repeated where that is not known: it may be an address with a password. */
const words = process.argv.flatMap((word) => {
  const [, option, value] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
  return option === undefined || value === undefined ? [word] : [option, value];
});

try {
  await program.parseAsync(words);
} catch (error) {
  if (!(error instanceof CommanderError)) process.stderr.write(`${reasonOf(error)}\n`);
  // Help that was asked for is an answer; where a command is missing it is not.
  const isAnswer = error instanceof CommanderError && error.exitCode === 0;
  process.exitCode = isAnswer ? EXIT.done : EXIT.impossible;
}
