import { readFileSync } from 'node:fs';

import { Option, type Command } from 'commander';

import {
  checkpointsIn,
  faultWords,
  isWhole,
  linesOf,
  readVerifierKey,
  verifyArchives,
  verifyDatabase,
  verifyExport,
  type AuditKeys,
  type TrailReport,
} from '../../audit/program.js';
import { EXIT } from '../exit-codes.js';
import { progressOf } from '../progress.js';
import { databaseOf, withDatabase, type DatabaseOption } from './database.js';
import { keysFor } from './keys.js';

const DESCRIPTION = [
  'Looks at every record of the audit trail, in the database of a running or stopped gateway, in a copy, or in an export or archive:',
  'that each follows from the one before, is what the signed checkpoints cover, and is found by what it says; and that the tables',
  'beside the trail say what it says. Says of what is wrong which records it is about.',
].join(' ');

const EXIT_HELP = `
Exit code: 0 when the trail is whole, or what is wrong with it is acknowledged; 1 when it is not; 2 when it could not be verified.`;

interface Options extends DatabaseOption {
  readonly export?: string;
  readonly archives?: string;
  readonly checkpoints?: string;
  readonly publicKey?: readonly string[];
  readonly json?: true;
}

export function addVerify(audit: Command): void {
  const command = audit.command('verify').summary('look whether the audit trail is whole');
  withDatabase(command)
    .addOption(
      new Option('--export <file>', 'an export or archive instead, also compressed').conflicts('database'),
    )
    .addOption(
      new Option(
        '--archives <folder>',
        'where the archives of the database are, which are verified too',
      ).conflicts('export'),
    )
    .option('--checkpoints <file>', 'checkpoints that were kept elsewhere, such as those of a witness')
    .option(
      '--public-key <key...>',
      'who may have signed, as <name>+<digits>+<base64>; otherwise the key of the gateway',
    )
    .option('--json', 'answer in JSON')
    .description(DESCRIPTION)
    .addHelpText('after', EXIT_HELP)
    .action(verify);
}

/** What the verification has to go by, in words. */
type Basis = 'keys' | 'public keys' | 'named' | 'none';

const BASES: Readonly<Record<Basis, string>> = {
  keys: 'signatures and seals are checked with the key of the gateway',
  'public keys': 'signatures are checked with the public keys that were given',
  named: 'the key comes from the file itself: give --public-key to check against one that you trust',
  none: 'no key is known, so that signatures are not checked: give --public-key',
};

async function verify(options: Options): Promise<void> {
  const progress = progressOf(process.stderr);
  try {
    const verifiers = options.publicKey?.map((text) => readVerifierKey(text));
    const witnessed =
      options.checkpoints === undefined
        ? undefined
        : checkpointsIn(readFileSync(options.checkpoints, 'utf8'));
    const given = { verifiers, ...(witnessed && { witnessed }) };
    const { report, basis } = await reportOf(options, given, progress.show);
    progress.end();
    if (isWhole(report)) requireOwn(report, options);
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ...report, whole: isWhole(report), basis })}\n`
        : textOf(report, basis),
    );
    process.exitCode = isWhole(report) ? EXIT.done : EXIT.no;
  } catch (error) {
    progress.end();
    throw new Error('the audit trail could not be verified', { cause: error });
  }
}

/** A user who names checkpoints relies on them. @throws Error where none is of this trail, so that nothing was compared with them */
function requireOwn({ witnessed }: TrailReport, { checkpoints: file }: Options): void {
  if (!witnessed || witnessed.own > 0) return;
  const what =
    witnessed.given === 0 ? 'there is no checkpoint' : `none of the ${witnessed.given} checkpoints`;
  const where = witnessed.given === 0 ? '' : ' is one of this trail that a known key has signed';
  throw new Error(`${what} in ${file}${where}: the trail fits itself, and was compared with nothing else`);
}

type Given = Pick<Parameters<typeof verifyExport>[1], 'verifiers' | 'witnessed'>;

async function reportOf(
  options: Options,
  given: Given,
  show: (step: string, part: number) => void,
): Promise<{ report: TrailReport; basis: Basis }> {
  if (options.export !== undefined) {
    const file = options.export;
    const keys = given.verifiers ? undefined : keysFor();
    const verifiers = given.verifiers ?? keys?.verifiers;
    const report = await verifyExport(() => linesOf(file), { ...given, verifiers });
    return { report, basis: basisOf(given, keys && 'keys', 'named') };
  }
  const database = databaseOf(options);
  const keys: AuditKeys | undefined = given.verifiers ? undefined : keysFor(database);
  const verifiers = given.verifiers ?? keys?.verifiers;
  const live = await verifyDatabase(database, { ...given, verifiers, keys }, show);
  const shown = (part: number) => show('archives', part);
  const archives =
    options.archives !== undefined &&
    (await verifyArchives(database, options.archives, { verifiers }, shown));
  const report = { ...live, ...(archives && { archives }) };
  return { report, basis: basisOf(given, keys && 'keys', 'none') };
}

function basisOf({ verifiers }: Given, keys: Basis | undefined, otherwise: Basis): Basis {
  return verifiers ? 'public keys' : (keys ?? otherwise);
}

function textOf(report: TrailReport, basis: Basis): string {
  const { first, last, covered, faults, tables, witnessed, archives } = report;
  const count = Math.max(0, last - first + 1);
  const behind = Math.max(0, last - Math.max(covered, first - 1));
  const sound = basis === 'keys' ? 'chained and sealed' : 'only chained';
  const state = faults.some((fault) => fault.last > covered) ? 'with faults' : sound;
  const lines = [
    `${count} records, ${first} to ${last}: checkpoints cover them up to ${covered}, ${behind} behind, ${state}`,
    BASES[basis],
    ...(witnessed ? [wordsFor(witnessed)] : []),
    ...faults.map((fault) => `${faultWords(fault)}${fault.acknowledged ? ' (acknowledged)' : ''}`),
    ...(archives ? [`${archives.count} archives were verified`, ...archives.wrong] : []),
    ...tables.map((words) => `beside the trail: ${words}`),
    isWhole(report) ? 'the trail is whole' : 'the trail is not whole',
  ];
  return `${lines.join('\n')}\n`;
}

function wordsFor({ given, own, compared }: NonNullable<TrailReport['witnessed']>): string {
  return `of ${given} checkpoints that were kept elsewhere, ${own} are of this trail, and ${compared} were compared with its records`;
}
