import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { OperationType } from '../../../domain/operation-type.js';
import type { CommandAlarmDetail } from '../../operation-command.js';
import { pointerOf } from '../../../problems/violation.js';
import { guardRailViolations } from './guard-rails.js';
import { readGuardRails } from './rails.js';

/** What isolating a file of an innocent name meets. */
function railsMet(filePath: string, config = {}, more: CommandAlarmDetail = {}): string[] {
  const details = [{ agentId: 'a', processPid: 3123, fileHash: 'ab'.repeat(32), filePath, ...more }];
  const operation: OperationType = 'isolate_and_kill';
  const alarms = [{ eventId: 'e', eventClassId: 'c', eventType: 1010, details }];
  return guardRailViolations({ route: '', operation, alarms, bodies: [] }, readGuardRails(config)).map(
    ({ rule }) => rule,
  );
}

type Respelling = (names: readonly string[]) => readonly string[];
const some = fc.nat(1_000);

/** One change after the other, none of which changes what is named. */
function respelled(names: readonly string[], respellings: readonly Respelling[]): readonly string[] {
  return respellings.reduce((spelled, respelling) => respelling(spelled), names);
}

function inserted(names: readonly string[], at: number, more: readonly string[]): string[] {
  const place = at % (names.length + 1);
  return [...names.slice(0, place), ...more, ...names.slice(place)];
}

const word = fc.stringMatching(/^[a-z]{3,7}$/).map((text) => `q${text}`);

// From among the links of a process the way up leads anywhere, and is held.
describe('a path on Linux', () => {
  const MERGED = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
  // From among the links of a process the way up leads anywhere, and is held.
  const detour: fc.Arbitrary<Respelling> = fc
    .tuple(some, fc.constantFrom([''], ['.'], ['', '.'], ['x', '..'], ['x', 'y', '..', '', '..']))
    .map(
      ([at, more]) =>
        (names) =>
          names.includes('proc') ? [...names] : inserted(names, at, more),
    );
  const respelling: fc.Arbitrary<Respelling> = fc.oneof(
    detour,
    // Through the root of a process.
    fc
      .constantFrom(
        ['proc', 'self', 'root'],
        ['proc', '1', 'task', '22', 'root'],
        ['proc', 'thread-self', 'root'],
      )
      .map((more) => (names: readonly string[]) => [...more, ...names]),
    // Nothing is above the root.
    fc.constant((names: readonly string[]) => ['..', ...names]),
    fc.constant((names: readonly string[]) => [...names, '']),
  );
  /** The same file on a system whose `/bin` is a link. */
  const merged = fc.constantFrom<Respelling>(
    (names) => names,
    (names) => (MERGED.includes(names[0] ?? '') ? ['usr', ...names] : names),
    (names) => (MERGED.includes(names[0] ?? '') ? ['bin', '..', ...names] : names),
    (names) => (names[0] === 'usr' ? ['lib64', '..', ...names.slice(1)] : names),
  );
  const around = fc.constantFrom(
    (text: string) => text,
    (text: string) => ` ${text} `,
    (text: string) => `/${text}`,
  );

  it('that names a protected place, one in it or one that holds it is held, however it is spelled', () => {
    const below = fc.constantFrom(...MERGED, 'boot', 'etc', 'sys', 'usr/local/hostguard');
    const place = below.chain((path) =>
      fc.oneof(
        fc.array(word, { maxLength: 2 }).map((more) => [...path.split('/'), ...more]),
        some.map((depth) => path.split('/').slice(0, 1 + (depth % path.split('/').length))),
      ),
    );
    fc.assert(
      fc.property(
        place,
        merged,
        fc.array(respelling, { maxLength: 5 }),
        around,
        (names, link, changes, wrap) => {
          const path = wrap(`/${respelled(link(names), changes).join('/')}`);
          expect([path, ...railsMet(path)]).toContain('protected_path');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('that names another place is not held, however it is spelled', () => {
    const place = fc.tuple(
      fc.constantFrom('opt', 'tmp', 'home', 'srv'),
      fc.array(word, { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(place, fc.array(respelling, { maxLength: 5 }), ([top, more], changes) => {
        const path = `/${respelled([top, ...more], changes).join('/')}`.replace(/^\/{2}(?!\/)/, '/');
        expect([path, railsMet(path)]).toEqual([path, []]);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '/usr/lib/x86_64-linux-gnu/libc.so.6',
    '/usr/lib32/x',
    '/usr/local',
    '/usr',
    '/bin/../local/hostguard/bin/x',
    '/proc/1/cwd/passwd',
    '/proc/1/cwd/../../../opt/x',
    '/dev/fd/3/../x',
    '/Windows/System32/ntdll.dll',
    '//localhost/C$/Windows/System32/ntdll.dll',
    '//fileserver/share/x.exe',
    'usr/bin/bash',
    './bash',
    '../../etc/passwd',
    '~/bin/x',
    'file:///etc/passwd',
    'bash',
  ])('is held: %s', (path) => {
    expect(railsMet(path)).toEqual(['protected_path']);
  });

  it('counts for the name of a system process when the file was deleted while it ran, or only the name is known', () => {
    expect(railsMet('/opt/x/sshd (deleted)')).toEqual(['system_process']);
    expect(railsMet('sshd')).toEqual(['system_process', 'protected_path']);
    expect(railsMet('x\\HOSTGU~1.EXE', { off: ['protected_path'] })).toEqual(['system_process']);
  });

  it('meets what the configuration protects, however either is spelled', () => {
    const paths = ['/run/vault/', '/usr/lib/vault'];
    expect(railsMet('/var/run/vault/x', { paths })).toEqual(['protected_path']);
    expect(railsMet('/run', { paths })).toEqual(['protected_path']);
    expect(railsMet('/run/vaults', { paths })).toEqual([]);
  });
});

describe('a path on Windows', () => {
  const detour: fc.Arbitrary<Respelling> = fc
    .tuple(some, fc.constantFrom([''], ['.'], ['. '], ['x', '..'], ['x', 'y', '..', '', '.. '], [':s']))
    .map(
      ([at, more]) =>
        (names) =>
          inserted(names, at, more),
    );
  const change = (how: (name: string, seed: number) => string): fc.Arbitrary<Respelling> =>
    fc.tuple(some, some).map(
      ([at, seed]) =>
        (names) =>
          names.map((name, index) =>
            index === at % names.length && /\w/.test(name) ? how(name, seed) : name,
          ),
    );
  const respelling = fc.oneof(
    detour,
    change((name) => name.toUpperCase()),
    change((name) => `${name}.`),
    change((name) => `${name} . `),
    change((name) => `${name}:stream`),
    change((name) => `${name}::$INDEX_ALLOCATION`),
    // Letters of full width look like the others.
    change((name) => name.replace(/[a-z]/, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))),
    // Every name that is too long, or holds a blank, has a short one.
    change((name, seed) =>
      /^[a-z]+ ?[a-z() 0-9]*$/i.test(name) && name.length > 8
        ? `${name.replace(/[ ()]/g, '').slice(0, 6)}~${1 + (seed % 4)}`
        : name,
    ),
  );
  const prefix = fc.constantFrom(
    'C:\\',
    'c:/',
    '\\\\?\\C:\\',
    '\\\\.\\c:\\',
    '\\??\\C:\\',
    '//?/C:/',
    '\\\\?\\Volume{b75e2c83-0000-0000-0000-602f00000000}\\',
    '\\Device\\HarddiskVolume3\\',
    '\\\\?\\HarddiskVolume3\\',
  );
  const written = (start: string, names: readonly string[], seed: number): string =>
    start + names.reduce((text, name, index) => text + ((seed >> index) % 2 ? '/' : '\\') + name);

  it('that names a protected place, one in it or one that holds it is held, however it is spelled', () => {
    const protectedPlace = fc.constantFrom(
      'Windows',
      'Program Files\\HostGuard',
      'Program Files (x86)\\HostGuard',
    );
    const place = protectedPlace.chain((path) =>
      fc.oneof(
        fc.array(word, { maxLength: 2 }).map((more) => [...path.split('\\'), ...more]),
        some.map((depth) => path.split('\\').slice(0, 1 + (depth % path.split('\\').length))),
      ),
    );
    fc.assert(
      fc.property(
        prefix,
        place,
        fc.array(respelling, { maxLength: 5 }),
        some,
        (start, names, changes, seed) => {
          const path = written(start, respelled(names, changes), seed);
          expect([path, ...railsMet(path)]).toContain('protected_path');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('that names another place is not held, however it is spelled', () => {
    const place = fc.tuple(
      fc.constantFrom('Users', 'Temp', 'ProgramData'),
      fc.array(word, { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(
        prefix,
        place,
        fc.array(respelling, { maxLength: 5 }),
        some,
        (start, [top, more], changes, seed) => {
          const path = written(start, respelled([top, ...more], changes), seed);
          expect([path, railsMet(path)]).toEqual([path, []]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '\\??\\C:\\Windows\\System32\\ntdll.dll',
    'C:\\PROGRA~1\\HostGuard\\x.dll',
    'C:\\PRF4A2~1\\HOSTGU~1\\x.dll',
    'C:\\Program Files',
    'D:\\',
    '\\\\localhost\\C$\\Windows\\System32\\ntdll.dll',
    '\\\\127.0.0.1\\C$\\Users\\x.exe',
    '\\\\?\\UNC\\localhost\\C$\\x',
    '\\\\host\\ADMIN$\\x',
    '\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1\\Windows\\x',
    '\\\\.\\PhysicalDrive0',
    '%SystemRoot%\\System32\\ntdll.dll',
    'C:\\%x%\\y',
    '\\SystemRoot\\System32\\x',
    '\\Windows\\System32\\x',
    'C:Windows\\x',
    'C:',
    'Windows\\x',
    'C:\\x\\...\\y',
  ])('is held: %s', (path) => {
    expect(railsMet(path)).toEqual(['protected_path']);
  });

  it.each([
    'C:\\Users\\ADMINI~1\\AppData\\Local\\Temp\\x.exe',
    'D:\\Windows\\x.exe',
    'C:\\$Recycle.Bin\\x.exe',
  ])('is not held: %s', (path) => {
    expect(railsMet(path)).toEqual([]);
  });

  it('meets what the configuration protects, however either is spelled', () => {
    const paths = ['D:/Vault Store/', 'D:\\APPSTO~1\\x'];
    expect(railsMet('\\\\?\\d:\\VAULTS~1\\x', { paths })).toEqual(['protected_path']);
    expect(railsMet('D:\\AppStorage\\x\\y', { paths })).toEqual(['protected_path']);
    expect(railsMet('E:\\Vault Store\\x', { paths })).toEqual([]);
  });
});

describe('a protected host or file', () => {
  const config = { hosts: ['Agent-9 '.trim()], hashes: ['CD'.repeat(32)] };

  it('is the same in capitals', () => {
    expect(railsMet('/opt/x', config, { agentId: 'AGENT-9' })).toEqual(['protected_host']);
    expect(railsMet('/opt/x', config, { agentId: ' agent-9' })).toEqual(['protected_host']);
    expect(railsMet('/opt/x', config, { fileHash: ` ${'cD'.repeat(32)}` })).toEqual(['protected_hash']);
  });

  it('is held for the files in its quarantine too, which name the host by its own id', () => {
    const item = { id: 'i', target: {}, hostId: 'HOST-9', fileHash: 'ab', filePath: '/opt/x' };
    const order = {
      route: '',
      operation: 'delete_isolated_files',
      alarms: [],
      items: [item],
      bodies: [],
    } as const;
    const violations = guardRailViolations(order, readGuardRails({ hosts: ['host-9'] }));
    expect(violations.map((violation) => [pointerOf(violation), violation.rule])).toEqual([
      ['/items/0/hostId', 'protected_host'],
    ]);
  });
});
