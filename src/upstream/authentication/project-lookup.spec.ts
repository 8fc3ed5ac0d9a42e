import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Exchange } from '../transport.js';
import {
  answered,
  AnsweringTransport,
  AuthenticatorRig,
  FakeClock,
  faultOf,
  HeldTransport,
  passwordProject,
  PROJECT_ID,
  REGION,
  settled,
  UNREACHABLE,
  withoutId,
} from './authentication.fixture.js';

const project = withoutId(
  passwordProject({ credentials: { kind: 'aksk', ak: 'AK', sk: 'SK', securityToken: 'ST' } }),
);
const listed = (...projects: readonly unknown[]): Exchange => answered(200, { projects });
const own = { id: PROJECT_ID, name: REGION, enabled: true };

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

const rigOn = (answer: (index: number) => Exchange) =>
  new AuthenticatorRig(clock, new AnsweringTransport((_, index) => answer(index)), project);
const idOf = (rig: AuthenticatorRig<AnsweringTransport | HeldTransport>) =>
  rig.one.projectId(clock.monotonic() + 10_000);

describe('a project without an id', () => {
  it('is looked up by the name of its region, with a signature that names no project', async () => {
    const rig = rigOn(() => listed(own));
    expect(await idOf(rig)).toBe(PROJECT_ID);
    const [request, ...more] = rig.transport.requests;
    expect(more).toEqual([]);
    expect(request).toMatchObject({
      origin: 'https://iam.example.com',
      method: 'GET',
      target: `/v3/projects?name=${REGION}`,
    });
    expect(request).not.toHaveProperty('body');
    expect(Object.keys(request?.headers ?? {})).toEqual([
      'Host',
      'X-Sdk-Date',
      'X-Security-Token',
      'Authorization',
    ]);
  });

  it('is looked up once, however many ask, and named in every request', async () => {
    const transport = new HeldTransport();
    const rig = new AuthenticatorRig(clock, transport, project);
    const ids = Array.from({ length: 100 }, () => idOf(rig));
    const proof = rig.prove();
    await settled();
    expect(transport.requests).toHaveLength(1);
    await transport.answer(0, listed(own));
    expect(new Set(await Promise.all(ids))).toEqual(new Set([PROJECT_ID]));
    expect((await proof).headers).toMatchObject({ 'X-Project-Id': PROJECT_ID });
    await clock.advance(365 * 86_400_000);
    await rig.prove();
    expect(transport.requests).toHaveLength(1);
  });

  it.each<[string, Exchange]>([
    ['IAM knows none', listed()],
    ['IAM knows none that is enabled', listed({ ...own, enabled: false })],
    ['IAM knows one of another name', listed({ ...own, name: `${REGION}_dev` })],
    ['IAM knows several', listed(own, { id: 'other', name: `${REGION}_dev`, enabled: true })],
    ['its id could not stand in a path', listed({ ...own, id: 'a/../b' })],
    ['IAM sends the question elsewhere', answered(302)],
    ['the right to list projects is missing', answered(403, { error_code: 'IAM.0002' })],
  ])('stays unknown, and for five seconds unasked for, when %s', async (_, answer) => {
    const rig = rigOn((index) => (index === 0 ? answer : listed(own)));
    expect(await faultOf(idOf(rig))).toMatchObject({
      status: 503,
      code: 'upstream_project_unknown',
      retryable: false,
      retryAfter: 5,
    });
    await clock.advance(4_999);
    await faultOf(rig.prove());
    expect(rig.transport.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await idOf(rig)).toBe(PROJECT_ID);
  });

  it('is taken among others that are not enabled', async () => {
    expect(await idOf(rigOn(() => listed({ ...own, id: 'old', enabled: false }, own)))).toBe(PROJECT_ID);
  });

  it.each<[string, Exchange]>([
    ['IAM cannot be reached', UNREACHABLE],
    ['IAM does not answer in full', { reached: 'sent', cause: 'timeout' }],
    ['IAM fails', answered(500, { error_code: 'IAM.0006' })],
    ['IAM answers no JSON', answered(200, '<html>')],
    ['the answer has no list', answered(200, {})],
    ['the answer is null', answered(200, 'null')],
    ['the answer is empty', answered(200, '')],
    ['the list holds something else', listed(null, own)],
    ['the list holds words', listed('x')],
  ])('is asked for again by the next request when %s', async (_, answer) => {
    const rig = rigOn((index) => (index === 0 ? answer : listed(own)));
    const unknown = { status: 503, code: 'upstream_project_unknown', retryable: true };
    expect(await faultOf(idOf(rig))).toMatchObject(unknown);
    expect(await idOf(rig)).toBe(PROJECT_ID);
  });

  it('is not looked up by a key that is refused, until that may be tried again', async () => {
    const rig = rigOn(() => answered(401, { error_code: 'APIGW.0301' }));
    expect(await faultOf(idOf(rig))).toMatchObject({ code: 'upstream_authentication_failed' });
    expect(await faultOf(idOf(rig))).toMatchObject({ code: 'upstream_authentication_failed', retryAfter: 5 });
    expect(rig.transport.requests).toHaveLength(1);
    expect(rig.one.trouble).toBe('refused');
  });

  it('found by a key that was refused before brings that key back into use', async () => {
    const rig = rigOn((index) => (index === 0 ? answered(401, { error_code: 'APIGW.0301' }) : listed(own)));
    await faultOf(idOf(rig));
    await clock.advance(5_000);
    await idOf(rig);
    for (let count = 0; count < 5; count += 1) await rig.prove();
    expect(rig.transport.requests).toHaveLength(2);
  });

  it('waits when IAM has too many requests', async () => {
    const rig = rigOn((index) =>
      index === 0 ? answered(429, { error_code: 'IAM.0012' }, { 'retry-after': '20' }) : listed(own),
    );
    expect(await faultOf(idOf(rig))).toMatchObject({ code: 'upstream_throttled', retryAfter: 20 });
    await clock.advance(19_999);
    await faultOf(idOf(rig));
    expect(rig.transport.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await idOf(rig)).toBe(PROJECT_ID);
  });
});
