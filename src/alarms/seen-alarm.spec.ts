import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { alarmOf } from './alarm.js';
import { seenOf } from './seen-alarm.js';

const AGENT = 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8';
const ROW = {
  ...{ event_id: 'e-1', event_name: 'Rootkit', severity: 'High' },
  ...{ host_id: 'h-1', host_name: 'web-1', private_ip: '10.0.0.1', public_ip: '198.51.100.1' },
  operate_detail_list: [{ agent_id: AGENT, file_path: '/opt/x' }],
};
const SEEN = {
  ...{ name: 'Rootkit', severity: 'High', agentId: AGENT },
  host: { id: 'h-1', name: 'web-1', privateIp: '10.0.0.1', publicIp: '198.51.100.1' },
};
const seen = (row: object) => seenOf(alarmOf({ event_id: 'e-1', ...row })!);

describe('what is kept of a listed alarm', () => {
  it('is its name, its severity, its host and its agent', () => {
    expect(seen(ROW)).toEqual(SEEN);
  });

  it('is nothing that upstream left out, and undefined where it left out all', () => {
    expect(seen({ ...ROW, public_ip: '', host_id: null, operate_detail_list: null })).toEqual({
      ...{ name: 'Rootkit', severity: 'High', host: { name: 'web-1', privateIp: '10.0.0.1' } },
    });
    expect(seen({ host_name: 'web-1' })).toEqual({ host: { name: 'web-1' } });
    expect(seen({ description: 'a rootkit' })).toBeUndefined();
  });

  it('has the agent that all details name, and none where they name several', () => {
    const agentOf = (...ids: (string | undefined)[]) =>
      seen({ ...ROW, operate_detail_list: ids.map((agent_id) => ({ agent_id })) })?.agentId;
    const found = [agentOf('a', 'a'), agentOf('a', undefined), agentOf('a', 'b'), agentOf()];
    expect(found).toEqual(['a', 'a', undefined, undefined]);
  });

  it('is made of lines of at most 256 characters, of which none looks like a secret', () => {
    const texts = ['event_name', 'host_id', 'host_name', 'private_ip', 'public_ip'];
    const word = fc.string({
      unit: fc.constantFrom('a', 'Z', '9', ' ', '\n', '\u0000', '\u202e', '\ud800', ':', '=', '/', '+'),
      maxLength: 300,
    });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...texts), word), word, (row, agent_id) => {
        const found = seen({ ...row, operate_detail_list: [{ agent_id }] });
        const { name, host, agentId } = found ?? {};
        const { id, name: hostName, privateIp, publicIp } = host ?? {};
        for (const text of [name, agentId, id, hostName, privateIp, publicIp]) {
          if (text === undefined) continue;
          expect(text).toMatch(/^[^\p{C}\n]{1,256}$/u);
          expect(text).not.toMatch(/[A-Za-z0-9+/_=-]{40}/);
        }
      }),
    );
    const secret = 'kX1z'.repeat(10);
    const planted = { host_name: `x ${secret}`, event_name: 'password=hunter2', host_id: `eyJhbG.${secret}` };
    const details = [{ agent_id: secret }];
    expect(seen({ ...planted, operate_detail_list: details })).toEqual({
      ...{ name: 'password=***', host: { id: '***', name: 'x ***' }, agentId: '***' },
    });
  });
});
