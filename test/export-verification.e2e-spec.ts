import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { TrailReport } from '../src/audit/verification.js';
import { newAuditKey } from '../src/audit/tree/audit-keys.js';
import { link } from '../src/audit/record-text.js';
import { leafHash } from '../src/audit/tree/merkle-tree.js';
import { makeSignerKey, readSignerKey, signNote } from '../src/audit/tree/signed-note.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { fetchJson, KEY, OTHER_KEY, portal, sha256 } from './support/gateway.js';
import { runProgram, type Ended } from './support/program.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

/** Exports of a gateway, verified with its program by somebody who has only these, a public key, and what a witness kept. */

const [OLD, NEW] = [newAuditKey(), newAuditKey()];
const publicKeyOf = (key: string) => readSignerKey(key).verifier.text;
const grant = { rights: ['read', 'act', 'audit'], operations: ['*'], enterpriseProjects: ['*'] };
const CALLERS = [
  { ...portal, grants: [{ ...grant, projects: ['*'] }] },
  // Of what belongs to no project it sees the leaves alone.
  {
    id: 'narrow',
    keys: [{ sha256: sha256(OTHER_KEY) }],
    grants: [{ ...grant, rights: ['audit'], projects: ['test'] }],
  },
];

let simulator: Simulator;
let folder: string;
let whole: string[];
let narrow: string[];
let part: string[];
let witnessed: string;

const exported = async (gateway: StandingGateway, query = '', key = KEY) =>
  (await gateway.call('GET', `/v1/audit/export${query}`, undefined, { key })).text.split('\n').slice(0, -1);

beforeAll(async () => {
  simulator = await startSimulator({ alarms: 0 });
  folder = newFolder();
  const control = (path: string, body: unknown) =>
    fetchJson('POST', `${simulator.url}/__control${path}`, body, {});
  let made = 0;
  const starts = [{ GATEWAY_AUDIT_KEY: OLD }, { GATEWAY_AUDIT_KEY: NEW, GATEWAY_AUDIT_PREVIOUS_KEY: OLD }];
  for (const env of starts) {
    const gateway = await standGateway({ simulator, folder, env, settings: { callers: CALLERS } });
    for (let times = 0; times < 2; times += 1) {
      const alarm = alarmFor('isolate_and_kill', (made += 1));
      await control('/alarms', { alarms: [asAdded(alarm)] });
      expect((await gateway.operate({ operation: 'isolate_and_kill', alarms: [alarm] })).status).toBe(200);
      await gateway.call('GET', '/v1/operations', undefined, { key: null });
      // It signs what there is.
      whole = await exported(gateway);
    }
    narrow = await exported(gateway, '', OTHER_KEY);
    part = await exported(gateway, '?first=4');
    gateway.signal('SIGTERM');
    await gateway.exited;
  }
  const notes = whole.filter((line) => line.startsWith('{"export":"checkpoint"'));
  witnessed = notes.map((line) => (JSON.parse(line) as { note: string }).note).join('\n');
});
afterAll(async () => {
  await simulator.close();
  removeFolder(folder);
});

async function verify(
  content: string | Buffer,
  ...words: string[]
): Promise<Ended & { report: TrailReport }> {
  writeFileSync(join(folder, 'export'), content);
  writeFileSync(join(folder, 'witness'), witnessed);
  const ended = await runProgram(['audit', 'verify', '--json', '--export', 'export', ...words], {
    cwd: folder,
  });
  return { ...ended, report: (ended.code === 2 ? {} : JSON.parse(ended.stdout)) as TrailReport };
}
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const BY = ['--public-key', publicKeyOf(OLD)];
const at = (kind: string, from = 0) =>
  whole.findIndex((line, index) => index >= from && line.startsWith(kind));

const isNote = (line: string) => line.startsWith('{"export":"checkpoint"');
const FORGED =
  '{"kind":"refusal","at":"2026-01-01T00:00:00.000Z","caller":"mallory","code":"denied","status":403,"method":"GET","path":"/v1/operations"}';

/** The end of an export of just these records. */
const endOf = (records: readonly string[]) =>
  JSON.stringify({
    export: 'end',
    last: records.length,
    hash: Buffer.from(records.reduce<Uint8Array>(link, Buffer.alloc(32))).toString('hex'),
  });

/** A record, a checkpoint of it, and a change of the key from the one that has signed it to the gateway's own. */
function strangersExport(): string[] {
  const stranger = makeSignerKey(readSignerKey(OLD).verifier.name);
  const origin = stranger.verifier.name;
  const change = ({ text: to }: { readonly text: string }) =>
    JSON.stringify({
      kind: 'key',
      at: '2026-01-01T00:00:00.000Z',
      previous: stranger.verifier.text,
      origin,
      note: signNote(`hss-gateway audit key\n${origin}\n${to}\n`, stranger),
    });
  const records = [FORGED, ...[OLD, NEW].map((key) => change(readSignerKey(key).verifier))];
  const note = signNote(`${origin}\n1\n${Buffer.from(leafHash(FORGED)).toString('base64')}\n`, stranger);
  const checkpoint = JSON.stringify({ export: 'checkpoint', note });
  return [whole[0]!, FORGED, checkpoint, ...records.slice(1), endOf(records)];
}

describe('checkpoints that were kept elsewhere', () => {
  const given = (kept: string, ...words: string[]) => {
    writeFileSync(join(folder, 'export'), text(whole));
    writeFileSync(join(folder, 'kept'), kept);
    return runProgram(['audit', 'verify', '--checkpoints', 'kept', ...BY, ...words], { cwd: folder });
  };
  const foreign = () =>
    signNote(`other\n1\n${Buffer.alloc(32).toString('base64')}\n`, makeSignerKey('other'));
  const TRAILS = [
    ['a database', ['--database', 'file:gateway.db']],
    ['an export', ['--export', 'export']],
  ] as const;

  it.each(TRAILS)('are counted, as far as they are of the trail (%s)', async (_, words) => {
    const [count] = [witnessed.split('\n\n— ').length - 1];
    const kept = `${witnessed}\n${foreign()}\n`;
    const { code, stdout } = await given(kept, ...words);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(
        `of ${count + 1} checkpoints that were kept elsewhere, ${count} are of this trail, and ${count} were compared`,
      ),
    ]);
    const { stdout: json } = await given(kept, '--json', ...words);
    expect(JSON.parse(json)).toMatchObject({ witnessed: { given: count + 1, own: count, compared: count } });
  });

  it.each(TRAILS)('of which none is of the trail show nothing (%s)', async (_, words) => {
    for (const [kept, said] of [
      ['', 'there is no checkpoint in kept'],
      ['{"level":"info"}\n', 'there is no checkpoint in kept'],
      [foreign(), 'none of the 1 checkpoints in kept is one of this trail'],
    ] as const) {
      const { code, stdout, stderr } = await given(kept, ...words);
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(said)]);
    }
  });
});

describe('an export', () => {
  it('is whole by itself, as a part, with leaves alone, compressed, and by either key and the witness', async () => {
    expect(narrow.join()).toContain('"export":"omitted"');
    const all = [
      ...[text(whole), text(part), gzipSync(text(whole))].map((each) => [each, ...BY] as const),
      // The record that changes the key is none of its own.
      [text(narrow), ...BY, publicKeyOf(NEW)] as const,
      [text(whole), '--public-key', publicKeyOf(NEW), '--checkpoints', 'witness'] as const,
      [text(whole)] as const,
    ];
    for (const [content, ...words] of all) {
      const { code, stderr, report } = await verify(content, ...words);
      expect({ code, stderr, ...report }).toMatchObject({
        code: 0,
        stderr: '',
        faults: [],
        covered: report.last,
      });
    }
  });

  const record = () => at('{"kind":"outcome"');
  it.each<[string, () => string[], string, number | undefined]>([
    [
      'a text changed',
      () => whole.with(record(), whole[record()]!.replace('applied', 'unknown')),
      'altered',
      1,
    ],
    ['a record left out', () => whole.toSpliced(record(), 1), 'missing', 1],
    ['two records swapped', () => whole.with(1, whole[2]!).with(2, whole[1]!), 'altered', 1],
    ['a record put in', () => whole.toSpliced(record(), 0, whole[record()]!), 'missing', 1],
    ['its end cut off', () => whole.slice(0, -1), 'truncated', undefined],
    ['a line behind its end', () => [...whole, whole[1]!], 'foreign', undefined],
    [
      'a leaf changed',
      () => narrow.map((line) => line.replace(/("leaves":\[")./, '$1_')),
      'altered',
      undefined,
    ],
    [
      'a checkpoint changed',
      () => whole.map((line) => line.replace(/(— \S+ \S{20})./, '$1_')),
      'checkpoint',
      undefined,
    ],
    [
      'a control line that cannot be read',
      () => whole.with(-1, whole.at(-1)!.slice(0, -1)),
      'altered',
      undefined,
    ],
    [
      'a control line that is none',
      () => whole.toSpliced(2, 0, '{"export":"nothing"}'),
      'altered',
      undefined,
    ],
    [
      'the hash of its end changed',
      () => whole.with(-1, whole.at(-1)!.replace(/"hash":"..../, '"hash":"0000')),
      'altered',
      undefined,
    ],
    [
      'the tree before it changed',
      () => part.with(0, part[0]!.replace(/("before":\[")./, '$1_')),
      'altered',
      undefined,
    ],
    [
      'the tree before it left out',
      () => part.with(0, part[0]!.replace(/"before":\[[^\]]*\]/, '"before":[]')),
      'altered',
      undefined,
    ],
    [
      'the checkpoint before it left out',
      () => part.with(0, part[0]!.replace(/,"checkpoint":"(?:[^"\\]|\\.)*"/, '')),
      'checkpoint',
      undefined,
    ],
  ])('is found to be changed: %s', async (_, change, what, first) => {
    const { code, report } = await verify(text(change()), ...BY);
    expect({ code, faults: report.faults }).toMatchObject({
      code: 1,
      faults: expect.arrayContaining([expect.objectContaining({ what })]),
    });
    if (first !== undefined) expect(report.faults[0]).toMatchObject({ what, first });
  });

  it('that was made anew from another text is found by what a witness kept alone', async () => {
    const changed = whole
      .filter((line) => !line.startsWith('{"export":"checkpoint"'))
      .map((line) => line.replace('"caller":"portal"', '"caller":"nobody"'));
    const { report } = await verify(text(changed), ...BY, '--checkpoints', 'witness');
    expect(report.faults[0]).toMatchObject({ what: 'altered', first: 1 });
  });

  it.each<[string, () => string[]]>([
    ['without a checkpoint', () => whole.filter((line) => !isNote(line))],
    ['with a checkpoint in front of it alone', () => part.filter((line) => !isNote(line))],
    ['of one record that was thought up', () => [whole[0]!, FORGED, endOf([FORGED])]],
  ])('%s, which nobody has signed, proves nothing', async (_, made) => {
    const lines = made();
    for (const by of [BY, [], ['--public-key', publicKeyOf(NEW)]]) {
      const { code, stdout, stderr } = await verify(text(lines), ...by);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^the audit trail could not be verified: no checkpoint of any of its records is signed/,
      );
    }
  });

  it('is not believed by a key that says to be the one before and is not', async () => {
    for (const by of [BY, [], ['--public-key', publicKeyOf(NEW)]]) {
      const { code, report } = await verify(text(strangersExport()), ...by);
      expect([code, report.faults[0]?.what]).toEqual([1, 'checkpoint']);
    }
  });

  it('of no records has nothing to prove', async () => {
    const { code, report } = await verify(text([whole[0]!, endOf([])]), ...BY);
    expect([code, report.last]).toEqual([0, 0]);
  });

  it('is not believed by a key that is none of its own', async () => {
    const { code, report } = await verify(text(whole), '--public-key', publicKeyOf(newAuditKey()));
    expect([code, report.faults[0]?.what]).toEqual([1, 'checkpoint']);
  });

  it.each([
    ['nothing', ''],
    ['no export', 'a text\n'],
    ['the middle of one', () => text(whole.slice(1))],
    ['a compressed one that is cut off', () => gzipSync(text(whole)).subarray(0, -20)],
    ['a key file', () => readFileSync(join(folder, 'witness'))],
  ])('cannot be verified: %s', async (_, content) => {
    const { code, stdout, stderr } = await verify(typeof content === 'string' ? content : content(), ...BY);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^the audit trail could not be verified: /);
  });
});
