import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { RefusalRecord, RefusalSummaryRecord } from '../src/audit/audit-record.js';
import { BEHIND_A_PROXY, from } from './support/addresses.js';
import { KEY, startRig, type Rig } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { eventually, recordsOf } from './support/problems.js';
import { readTrailFile } from './support/trail-file.js';

const EACH = 400;

let rig: Rig;
let ended: boolean;
beforeEach(async () => {
  ended = false;
  rig = await startRig({ listen: BEHIND_A_PROXY });
});
afterEach(() => (ended ? rig.simulator.close() : rig.close()));

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((all, n) => all + n, 0);

/** Refusals as the trail has them after an orderly end: recorded one by one, and summed up. */
async function afterTheEnd(): Promise<{ recorded: RefusalRecord[]; summaries: RefusalSummaryRecord[] }> {
  ended = true;
  await rig.gateway.close();
  const { database } = rig.config;
  if (database.kind !== 'embedded') throw new Error('there is no file');
  const { records, broken } = readTrailFile(dirname(database.path));
  rmSync(dirname(database.path), { recursive: true, force: true });
  expect(broken).toEqual([]);
  return {
    recorded: records.filter((record) => record.kind === 'refusal'),
    summaries: records.filter((record) => record.kind === 'refusal_summary'),
  };
}

/** Asks so often, a few at a time. */
async function ask(times: number, path: string, headersOf: (index: number) => Record<string, string>) {
  const next = Array.from({ length: times }, (_, index) => index);
  const worker = async () => {
    for (let index = next.pop(); index !== undefined; index = next.pop()) {
      await rig.call('GET', path, undefined, { key: null, headers: headersOf(index) });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** A connection of garbage, over when the gateway has hung up. */
function garbage(): Promise<void> {
  const { hostname, port } = new URL(rig.gateway.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.end('\x16\x03\x01 no HTTP\r\n\r\n'));
    socket.on('data', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

describe('a flood of what nobody proved', () => {
  it('is of one neighbourhood where a proxy hands on what is no address', async () => {
    await ask(EACH, '/v1/me', (index) => from(`${'x'.repeat(4_000)}${index}`));
    const { recorded } = await afterTheEnd();
    expect(recorded.length).toBeLessThan(60);
    expect(new Set(recorded.map(({ address }) => address))).toEqual(new Set(['unknown']));
  });

  it('is one to the metrics, by whatever methods it comes', async () => {
    const methods = ['PROPFIND', 'LINK', 'PURGE', 'COPY', 'PATCH'];
    for (const method of methods) await rig.call(method, '/x', undefined, { key: null });
    const { text } = await rig.call('GET', '/metrics', undefined, { key: null });
    const counted =
      /^hss_gateway_request_duration_seconds_count\{method="(\w+)",route="[^"]*",status="404"\} (\d+)$/gm;
    expect([...text.matchAll(counted)].map(([, method, count]) => [method, count])).toEqual([
      ['other', String(methods.length)],
    ]);
  });

  it('costs the trail a few records of an address, and is told in full by a summary', async () => {
    await ask(EACH, '/x', () => from('192.0.2.7'));
    await ask(EACH, '/v1/me', () => ({ ...from('192.0.2.7'), 'X-Api-Key': 'wrong' }));
    const { recorded, summaries } = await afterTheEnd();
    expect(recorded.length).toBeLessThan(60);
    expect(summaries.length).toBeLessThan(5);
    const counted = summaries.reduce((all, { counts }) => all + sum(counts), 0);
    expect(recorded.length + counted).toBe(2 * EACH);
    expect(summaries.every(({ caller, addresses }) => caller === undefined && addresses === 1)).toBe(true);
  });

  it('from many addresses costs it some tens of records', async () => {
    await ask(EACH, '/x', (index) => from(`198.51.${index >> 8}.${index & 255}`));
    const { recorded, summaries } = await afterTheEnd();
    // Sixty and one every two seconds, on however slow a machine.
    expect(recorded.length).toBeLessThan(EACH / 2);
    expect(recorded.length + summaries.reduce((all, { counts }) => all + sum(counts), 0)).toBe(EACH);
    expect(summaries.reduce((all, { addresses }) => all + addresses, 0)).toBeGreaterThan(EACH / 2);
  });

  it('in connections of garbage is bounded alike', async () => {
    for (let count = 0; count < EACH / 10; count += 1) await Promise.all(Array.from({ length: 10 }, garbage));
    const { recorded, summaries } = await afterTheEnd();
    expect(recorded.length).toBeLessThan(60);
    expect(new Set(summaries.flatMap(({ counts }) => Object.keys(counts)))).toEqual(
      new Set(['malformed_http']),
    );
    expect(recorded.length + summaries.reduce((all, { counts }) => all + sum(counts), 0)).toBe(EACH);
  });

  it('takes nothing of what there is for callers: every refusal of theirs is there, and under their name', async () => {
    const flood = ask(EACH, '/x', () => from('192.0.2.7'));
    const asked: string[] = [];
    for (let count = 0; count < 100; count += 1) {
      const answer = await rig.call('GET', '/v1/operations?limit=none', undefined, { key: KEY });
      expect(answer.status).toBe(400);
      asked.push(answer.headers.get('x-request-id') ?? '');
    }
    await flood;
    const { recorded, summaries } = await afterTheEnd();
    const own = recorded.filter(({ caller }) => caller === 'portal');
    expect(own.map(({ requestId }) => requestId).sort()).toEqual(asked.sort());
    expect(own.every((record) => !('unrecorded' in record))).toBe(true);
    expect(summaries.map(({ caller }) => caller)).not.toContain('portal');
  });

  it('is counted whole by a metric', async () => {
    await ask(EACH, '/x', () => from('192.0.2.7'));
    expect(await metric(rig, 'hss_gateway_refusals_total{code="no_such_route",proved="no"}')).toBe(EACH);
    await rig.call('GET', '/v1/operations?limit=none');
    expect(await metric(rig, 'hss_gateway_refusals_total{code="invalid_request",proved="yes"}')).toBe(1);
    const recorded = await eventually(
      () => recordsOf<RefusalRecord>(rig, 'refusal'),
      (all) => all.some(({ caller }) => caller === 'portal'),
    );
    expect(recorded.length).toBeLessThan(EACH / 2);
  });
});
