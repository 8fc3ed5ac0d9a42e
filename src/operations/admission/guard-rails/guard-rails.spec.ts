import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CALLERS, loadWith } from '../../../config/config.fixture.js';
import type { OperationType } from '../../../domain/operation-type.js';
import type { CommandAlarmDetail } from '../../operation-command.js';
import { pointerOf } from '../../../problems/violation.js';
import { guardRailViolations } from './guard-rails.js';
import { RAIL_NAMES, readGuardRails } from './rails.js';

const harmless = { agentId: 'agent-1', processPid: 3123, fileHash: 'ab'.repeat(32), filePath: '/usr/test' };

function rulesOf(
  detail: CommandAlarmDetail,
  config = {},
  operation: OperationType = 'isolate_and_kill',
): string[] {
  const alarms = [{ eventId: 'e', eventClassId: 'c', eventType: 1010, details: [detail] }];
  const violations = guardRailViolations(
    { route: '', operation, alarms, bodies: [] },
    readGuardRails(config),
  );
  return violations.map(({ rule }) => rule);
}

const isolating = (change: CommandAlarmDetail, config = {}) => rulesOf({ ...harmless, ...change }, config);
const trusting = (loginIp: string, config = {}) => rulesOf({ loginIp }, config, 'add_to_login_whitelist');

describe('the guard rails for isolate_and_kill', () => {
  it.each([
    '/usr/test',
    '/tmp/kdevtmpfsi',
    '/var/tmp/.x/dropper',
    '/opt/app/libx.so',
    '/usr/binary/x',
    '/etcetera',
    'D:\\tmp\\x.exe',
    'C:\\WindowsUpdate\\x.exe',
  ])('let %s be quarantined', (filePath) => {
    expect(isolating({ filePath })).toEqual([]);
  });

  it.each([0, 1, 2])('hold process %d', (processPid) => {
    expect(isolating({ processPid })).toEqual(['system_pid']);
  });

  it.each([
    '/opt/x/sshd',
    '/opt/x/SSHD',
    '/x/kubelet',
    '/x/dockerd',
    '/x/containerd-shim-runc-v2',
    '/x/systemd-journald',
    '/x/init',
    'D:\\x\\lsass.exe',
    'D:\\x\\HostGuard.exe',
  ])('hold the system process %s', (filePath) => {
    expect(isolating({ filePath })).toEqual(['system_process']);
  });

  it.each([
    '/',
    '//',
    '/bin/x',
    '/usr/bin/x',
    '/usr//bin/./x',
    '/opt/../etc/passwd',
    '/lib64/ld.so',
    '/boot',
    '/proc/1/root/etc/x',
    '/proc/self/root/proc/7/root/boot/x',
    '/usr/local/hostguard/bin/x',
    'C:\\',
    'C:\\Windows\\System32\\x.dll',
    'c:/windows/system32/x.dll',
    'C:\\WINDOWS.\\System32 \\x.dll',
    'C:\\Windows\\System32\\x.dll:stream',
    '\\\\?\\C:\\Windows\\x',
    'C:\\tmp\\..\\Windows\\x',
    'C:\\Program Files\\HostGuard\\x.exe',
  ])('hold the protected place %s', (filePath) => {
    expect(isolating({ filePath })).toEqual(['protected_path']);
  });

  it('hold a protected place however it is spelled', () => {
    const step = fc.constantFrom('', '.', 'x/..', 'y/../z/..', '//');
    fc.assert(
      fc.property(
        fc.constantFrom('bin', 'etc', 'lib64', 'usr/sbin', 'boot'),
        fc.array(step, { maxLength: 4 }),
        (place, steps) => {
          expect(isolating({ filePath: `/${[...steps, place, ...steps, 'x'].join('/')}` })).toEqual([
            'protected_path',
          ]);
        },
      ),
    );
  });

  it('hold what the configuration adds, and let go of what it switches off by name', () => {
    const hash = 'cd'.repeat(32);
    const config = {
      hashes: [hash.toUpperCase()],
      hosts: ['agent-9'],
      paths: ['/opt/vault/'],
      processes: ['vault*'],
    };
    expect(isolating({ fileHash: hash }, config)).toEqual(['protected_hash']);
    expect(isolating({ agentId: 'agent-9' }, config)).toEqual(['protected_host']);
    expect(isolating({ filePath: '/opt/vault/x' }, config)).toEqual(['protected_path']);
    expect(isolating({ filePath: '/tmp/vaultd' }, config)).toEqual(['system_process']);
    expect(
      isolating({ filePath: '/bin/sshd', processPid: 1 }, { off: ['protected_path', 'system_pid'] }),
    ).toEqual(['system_process']);
  });

  it('report everything at once, each with its place, its name and the version of the rails', () => {
    const alarms = [
      { eventId: 'a', eventClassId: 'c', eventType: 1010, details: [harmless] },
      {
        eventId: 'b',
        eventClassId: 'c',
        eventType: 1010,
        details: [{ ...harmless, processPid: 1, filePath: '/sbin/init' }],
      },
    ];
    const rails = readGuardRails({ version: '2026-11' });
    const violations = guardRailViolations(
      { route: '', operation: 'isolate_and_kill', alarms, bodies: [] },
      rails,
    );
    expect(violations.map((violation) => [pointerOf(violation), violation.rule])).toEqual([
      ['/alarms/1/details/0/processPid', 'system_pid'],
      ['/alarms/1/details/0/filePath', 'system_process'],
      ['/alarms/1/details/0/filePath', 'protected_path'],
    ]);
    expect(violations[0]?.message).toBe(
      'processPid is the system itself (guard rail system_pid, version 3+2026-11)',
    );
  });

  it('never hold what takes isolation back', () => {
    expect(
      rulesOf({ ...harmless, processPid: 1, filePath: '/bin/sh' }, {}, 'do_not_isolate_or_kill'),
    ).toEqual([]);
  });
});

describe('the guard rails for add_to_login_whitelist', () => {
  it.each(['203.0.113.24', '127.0.0.1', '10.0.0.0/24', '10.1.2.3/32', '2001:db8::1', '2001:db8::/64', '::1'])(
    'let %s be trusted',
    (address) => {
      expect(trusting(address)).toEqual([]);
    },
  );

  it.each([
    '0.0.0.0',
    '::',
    '0:0:0:0:0:0:0:0',
    '::ffff:0.0.0.0',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '203.0.112.0/23',
    '2001:db8::/48',
    'fc00::/7',
    '::ffff:10.0.0.0/104',
    '*',
    '10.*.*.*',
    '10.0.0.0-10.255.255.255',
    'localhost',
    '010.0.0.1',
  ])('hold %s', (address) => {
    expect(trusting(address)).toEqual(['login_range']);
  });

  it.each([
    ...['0.0.0.0', '10.0.0.0/31', '::/0', '::ffff:0:0'],
    ...['*', 'any', '', '10.0.0.*', '10.0.0.1,10.0.0.2', '10.0.0.1 10.0.0.2', '10.0.0.1-10.0.0.9'],
    ...['10.0.0.0/255.255.255.0', '10.0.0', 'web-1', ' 10.0.0.1', '\u00a010.0.0.1', '10.0.0.1/032'],
  ])('hold "%s" as the host that it is for', (privateIp) => {
    expect(rulesOf({ loginIp: '203.0.113.24', privateIp }, {}, 'add_to_login_whitelist')).toEqual([
      'login_range',
    ]);
  });

  it('let one address of a host be what it is for, and let ranges be as wide as the configuration says', () => {
    const login = { loginIp: '10.1.0.0/20', privateIp: '10.20.3.8' };
    const widestLogin = { ipv4: 20, ipv6: 64 };
    expect(rulesOf(login, {}, 'add_to_login_whitelist')).toEqual(['login_range']);
    expect(rulesOf(login, { widestLogin }, 'add_to_login_whitelist')).toEqual([]);
  });

  it('never hold what takes a login off the whitelist', () => {
    expect(rulesOf({ loginIp: '0.0.0.0/0' }, {}, 'remove_from_login_whitelist')).toEqual([]);
  });
});

it('each guard rail can be switched off by its name in the configuration', () => {
  for (const name of RAIL_NAMES) {
    const { guardRails } = loadWith({}, `${CALLERS}\nguardRails: { off: [${name}] }\n`);
    expect(readGuardRails(guardRails).has(name)).toBe(false);
  }
});
