import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { CommandWhitelistRule } from '../../operation-command.js';
import { pointerOf } from '../../../problems/violation.js';
import { guardRailViolations } from './guard-rails.js';
import { readGuardRails } from './rails.js';

const rule: CommandWhitelistRule = {
  eventType: 3007,
  fieldKey: 'process_path',
  fieldValue: '/opt/deploy/bin/deployd',
  judgeType: 'equal',
};
const NAMED = { scope: false, agentIds: ['agent-1'] };

function railsMet(change: Partial<CommandWhitelistRule>, config = {}): (string | undefined)[] {
  const whitelistRules = [{ ...rule, ...change }];
  const order = { operation: 'add_to_alarm_whitelist', alarms: [], whitelistRules } as const;
  return guardRailViolations(order, readGuardRails(config)).map(
    (violation) => `${violation.rule} ${pointerOf(violation)}`,
  );
}

const HELD = ['whitelist_rule /whitelistRules/0/fieldValue'];

describe('a rule of the alarm whitelist', () => {
  it.each<[string, Partial<CommandWhitelistRule>]>([
    ['a path', {}],
    ['a file of the system', { fieldValue: '/usr/bin/crond' }],
    ['what is deployed below a folder of its own', { fieldValue: '/opt/deploy/', judgeType: 'contain' }],
    ['a name with a slash', { fieldValue: '/deployd', judgeType: 'contain' }],
    [
      'part of a command line',
      { fieldKey: 'process_cmdline', fieldValue: 'deployd --apply', judgeType: 'contain', scope: true },
    ],
    [
      'an interpreter with what it runs',
      { fieldKey: 'process_cmdline', fieldValue: 'bash -c /opt/deploy.sh', judgeType: 'contain' },
    ],
    ['an interpreter on named hosts', { fieldValue: '/usr/bin/python3.11', ...NAMED }],
    ['a program called like one', { fieldValue: '/opt/x/bash-deploy' }],
    ['a hash', { fieldKey: 'file/process hash', fieldValue: 'ab'.repeat(32), judgeType: 'contain' }],
    ['a user', { fieldKey: 'username', fieldValue: 'deploy' }],
    ['root on named hosts', { fieldKey: 'username', fieldValue: 'root', ...NAMED }],
    ['an address', { fieldKey: 'login_ip', fieldValue: '203.0.113.7' }],
    ['a narrow range', { fieldKey: 'login_ip', fieldValue: '203.0.113.0/24' }],
    ['a key', { fieldKey: 'reg_key', fieldValue: 'HKLM\\SOFTWARE\\Vendor\\Run', judgeType: 'contain' }],
  ])('may be for %s', (_, change) => {
    expect(railsMet(change)).toEqual([]);
  });

  it.each<[string, Partial<CommandWhitelistRule>]>([
    ['a slash', { fieldValue: '/', judgeType: 'contain', scope: true }],
    ['a slash on named hosts', { fieldValue: '/', judgeType: 'contain', ...NAMED }],
    ['nothing', { fieldValue: '', judgeType: 'equal' }],
    ['blanks', { fieldValue: '   ' }],
    ['a star', { fieldValue: '*' }],
    ['a pattern', { fieldValue: '.*', judgeType: 'contain' }],
    ['one letter', { fieldValue: 'e', judgeType: 'contain' }],
    ['an ending', { fieldValue: '.exe', judgeType: 'contain', ...NAMED }],
    ['a short fragment on all hosts', { fieldValue: 'cron', judgeType: 'contain' }],
    ['a root', { fieldValue: 'C:\\', judgeType: 'contain' }],
    ['where programs are', { fieldValue: '/usr/bin/', judgeType: 'contain', ...NAMED }],
    ['where most things are', { fieldValue: '/usr/local/', judgeType: 'contain', ...NAMED }],
    ['where everybody writes', { fieldValue: '/var/tmp', judgeType: 'contain', ...NAMED }],
    ["Windows' own folder", { fieldValue: 'c:/WINDOWS/System32\\', judgeType: 'contain', ...NAMED }],
    ['the name of such a folder', { fieldValue: 'System32', judgeType: 'contain', ...NAMED }],
    ['a folder that holds the agent', { fieldValue: 'C:\\Program Files', judgeType: 'contain', ...NAMED }],
    ['a shell on all hosts', { fieldValue: '/bin/bash' }],
    [
      'a shell with an option',
      { fieldKey: 'process_cmdline', fieldValue: 'powershell.exe -enc', judgeType: 'contain' },
    ],
    [
      'an interpreter with its version',
      { fieldKey: 'file_path', fieldValue: '/usr/bin/python3.11', scope: true, agentIds: ['a'] },
    ],
    [
      'a few digits of a hash',
      { fieldKey: 'file/process hash', fieldValue: 'abcdef01', judgeType: 'contain' },
    ],
    ['root on all hosts', { fieldKey: 'username', fieldValue: 'root' }],
    ['Windows itself on all hosts', { fieldKey: 'username', fieldValue: 'NT AUTHORITY\\SYSTEM' }],
    ['all addresses', { fieldKey: 'login_ip', fieldValue: '::ffff:0.0.0.0' }],
    ['half of an address', { fieldKey: 'login_ip', fieldValue: '192.168.', judgeType: 'contain' }],
    ['a wide range', { fieldKey: 'login_ip', fieldValue: '10.0.0.0/8' }],
    ['most of the registry', { fieldKey: 'reg_key', fieldValue: 'HKLM\\SOFTWARE', judgeType: 'contain' }],
  ])('is held for %s', (_, change) => {
    expect(railsMet(change)).toEqual(HELD);
  });

  it.each<[string, string]>([
    ...[
      ...['/usr/sbi', '/usr/loca', '/usr//loca', 'C:\\Program', 'indows\\', 's\\System3', '/usr/bin/p'],
      ...['/usr/bin/b', '/usr/bin/py', 'in/pytho', '/var/tm', 'usr/local/sb', 'C:\\Users\\Publi', 'ownload'],
      ...['\\Program Fil', '/usr/local/bin/', '/usr/local/hostgu', '/ld-linux-x86-64', 'rundll', 'owershel'],
      ...['/python3.1', '/opt/venv/bin/pyth', 'ystem32\\cmd', '\\AppData\\Local\\Te', '/usr/./local'],
    ].map((value): [string, string] => ['process_path', value]),
    ...[
      ...[
        'python3 /',
        'bash -c cd',
        'curl http',
        'curl https://',
        'wget -q http:/',
        'sudo bash -c',
        'env python3',
      ],
      ...[
        'python3 /usr/bin/',
        'ython3 -c',
        'python -m htt',
        'timeout 10 bash -c',
        'xargs -n1 sh',
        '/usr/bin/p',
      ],
      ...[
        '"C:\\Program Files\\nodejs\\node.exe" -e',
        'C:\\Program Files\\nodejs\\node.exe -e',
        'cmd.exe /c C:\\',
      ],
    ].map((value): [string, string] => ['process_cmdline', value]),
    ...[
      ...['dministrato', 'NT AUTHORITY', 'NT AUTHORITY\\', 'ority\\system', 'CORP\\Administr', 'localsys'],
      ...['nt authority\\netw', 'Administrator@corp'],
    ].map((value): [string, string] => ['username', value]),
    ...[
      ...['HKLM\\SOFTWARE\\M', 'HKLM\\SOFTWARE\\V', 'HKLM\\SOFTWARE\\Micros', 'Microsoft\\Windows\\Current'],
      ...['HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet', 'KLM\\SOFTWARE\\Microsoft\\Windows\\'],
      ...['SOFTWARE\\Microsoft\\Windows\\C'],
    ].map((value): [string, string] => ['reg_key', value]),
    ...['::ffff', '::1', '2001:db8::', '::ffff:a00:1'].map((value): [string, string] => ['login_ip', value]),
  ])('is held for what is cut off of a usual name: %s contains %j', (fieldKey, fieldValue) => {
    const change = { fieldKey, fieldValue, judgeType: 'contain', scope: true };
    expect(railsMet(change)).toEqual(HELD);
  });

  it.each<[string, string]>([
    ['process_path', '/usr/bin/env'],
    ['process_path', '/usr/bin/xargs'],
    ['process_path', '/usr/bin/timeout'],
    ['process_path', '/lib64/ld-linux-x86-64.so.2'],
    ['file_path', '/lib/ld-musl-x86_64.so.1'],
    ['file_path', '/usr/bin/lua5.4'],
    ['process_cmdline', 'env python3'],
    ['process_cmdline', 'timeout 10 bash'],
    ['username', 'S-1-5-18'],
    ['username', 's-1-5-21-1-2-3-500'],
    ['username', 'CORP\\Administrator'],
    ['username', 'SYSTEM@NT AUTHORITY'],
    ['login_ip', ' 10.0.0.1'],
    ['login_ip', '10.0.0.0/024'],
  ])('is held for what runs anything, or is anybody: %s equals %j', (fieldKey, fieldValue) => {
    expect(railsMet({ fieldKey, fieldValue, judgeType: 'equal', scope: true })).toEqual(HELD);
  });

  it.each<[string, string]>([
    ['file_path', '/opt/app'],
    ['file_path', '/opt/deploy/x'],
    ['file_path', '/usr/bin/deployd'],
    ['file_path', '/usr/local/bin/backup'],
    ['file_path', 'C:\\Program Files\\Vendor\\'],
    ['process_path', '/opt/vendor/bin/agent'],
    ['process_cmdline', 'python3 /opt/backup/run.py'],
    ['process_cmdline', 'curl https://updates.example.com/'],
    ['process_cmdline', 'java -jar deploy.jar'],
    ['process_cmdline', '"C:\\Program Files\\nodejs\\node.exe" C:\\deploy\\run.js'],
    ['username', 'deployer'],
    ['username', 'CORP\\svc-deploy'],
    ['reg_key', 'HKLM\\SOFTWARE\\Vendor\\'],
    ['reg_key', 'HKLM\\SOFTWARE\\Vendor'],
    ['login_ip', '203.0.113.7'],
    ['login_ip', '2001:db8:0:0:0:0:0:1'],
  ])('may be for a fragment that names something: %s contains %j', (fieldKey, fieldValue) => {
    expect(railsMet({ fieldKey, fieldValue, judgeType: 'contain', scope: true })).toEqual([]);
  });

  it('is held for every part of a usual folder, program or user that is long enough to be one', () => {
    const WHOLE: readonly (readonly [string, string])[] = [
      ...[
        '/usr/local/sbin/',
        '/usr/local/bin/python',
        '/usr/sbin/bash',
        '/var/tmp/',
        '/usr/local/share/',
      ].map((text) => ['file_path', text] as const),
      ...['C:\\Program Files\\', 'C:\\Windows\\System32\\cmd.exe', 'C:\\Users\\Public\\Downloads\\'].map(
        (text) => ['process_path', text] as const,
      ),
      ['username', 'NT AUTHORITY\\NETWORK SERVICE'],
      ['reg_key', 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\'],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...WHOLE), fc.nat(40), fc.nat(40), ([fieldKey, text], from, length) => {
        const fieldValue = text.slice(from, from + length);
        expect(railsMet({ fieldKey, fieldValue, judgeType: 'contain', scope: true })).toEqual(HELD);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is held for a fragment of the place of something protected', () => {
    const change = { fieldValue: '/data/', judgeType: 'contain' };
    expect(railsMet({ ...change, fieldValue: '/data/vault', ...NAMED }, { paths: ['/data/vault'] })).toEqual(
      HELD,
    );
    expect(
      railsMet({ ...change, fieldValue: '/data/vault/bin/x', ...NAMED }, { paths: ['/data/vault'] }),
    ).toEqual([]);
    for (const fieldValue of ['/data/vau', 'ata/vaul']) {
      expect(railsMet({ ...change, fieldValue, ...NAMED }, { paths: ['/data/vault'] })).toEqual(HELD);
      expect(railsMet({ ...change, fieldValue, ...NAMED })).toEqual([]);
    }
  });

  it('is held for whatever has no letters and digits, in any field and on any hosts', () => {
    const FIELDS = [
      'file/process hash',
      'file_path',
      'process_path',
      'login_ip',
      'reg_key',
      'process_cmdline',
      'username',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...FIELDS),
        fc.constantFrom('equal', 'contain'),
        fc.constantFrom({}, NAMED, { scope: true }),
        fc.string({ unit: fc.constantFrom(...'/\\.*?%_-:~ $^[]()|+'), maxLength: 12 }),
        (fieldKey, judgeType, hosts, fieldValue) => {
          expect(railsMet({ fieldKey, judgeType, fieldValue, ...hosts })).toEqual(HELD);
        },
      ),
    );
  });

  it('passes where the rail is switched off by its name', () => {
    expect(railsMet({ fieldValue: '/' }, { off: ['whitelist_rule'] })).toEqual([]);
  });

  it('is not the only thing that can match everything: what an alarm is whitelisted by is looked at too', () => {
    const details = [{ keyword: '*', hash: 'h' }];
    const alarms = [{ eventId: 'e', eventClassId: 'c', eventType: 1010, details }];
    const met = (operation: 'add_to_alarm_whitelist' | 'remove_from_alarm_whitelist') =>
      guardRailViolations({ operation, alarms }, readGuardRails()).map(pointerOf);
    expect(met('add_to_alarm_whitelist')).toEqual(['/alarms/0/details/0/keyword']);
    expect(met('remove_from_alarm_whitelist')).toEqual([]);
  });
});
