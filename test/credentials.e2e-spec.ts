import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { ShownRequest } from '../src/simulator/client.js';
import {
  headerIn,
  projectBy,
  proofIn,
  startCredentialsRig,
  WAYS,
  type CredentialsRig,
  type Way,
} from './support/credentials.js';

const ways = Object.entries(WAYS as Readonly<Record<string, Way>>);

let rig: CredentialsRig;
beforeAll(async () => {
  rig = await startCredentialsRig((cloud) =>
    ways.flatMap(([name, way]) => [
      projectBy(way, name, cloud, 'configured'),
      projectBy(way, `${name}-looked-up`, cloud, 'looked up'),
    ]),
  );
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.client.control('POST', 'reset');
});

const projects = ways.flatMap(([name, way]) => [
  { project: name, way },
  { project: `${name}-looked-up`, way },
]);

describe.each(projects)('with the credentials of $project', ({ project, way }) => {
  it('an operation is applied, and its receipt tells the id of the project', async () => {
    const answer = await rig.handle(project);
    expect(answer.body).toMatchObject({
      status: 'applied',
      scope: { project, projectId: way.project(rig.simulator).id },
    });
    const [request, ...more] = await rig.operations();
    expect(more).toEqual([]);
    expect(proofIn(request!)).toBe(way.carries);
    expect(request?.url).toContain(`/v5/${way.project(rig.simulator).id}/`);
  });

  it('a credential that upstream does not take is renewed where that can help, and the request sent once more', async () => {
    await rig.handle(project);
    await rig.forget();
    await rig.client.addFaults({
      match: { path: '/event/operate' },
      times: 1,
      fault: { kind: 'status', status: 401, errorCode: 'APIGW.0301' },
    });
    const answer = await rig.handle(project);
    const requests = await rig.operations();
    const tokens = requests.map(
      (request) => headerIn(request, 'X-Auth-Token') ?? headerIn(request, 'Authorization'),
    );
    if (way.carries === 'signature') {
      // The key is the only one there is.
      expect(answer).toMatchObject({ status: 503, body: { code: 'upstream_authentication_failed' } });
      expect(requests).toHaveLength(1);
      return;
    }
    expect(answer.body).toMatchObject({ status: 'applied' });
    expect(new Set(tokens).size).toBe(2);
    expect(requests).toHaveLength(2);
  });
});

describe('projects with different credentials side by side', () => {
  const fault = fc.record({
    match: fc.record({ path: fc.constantFrom('/event/operate', '/v3/auth/tokens') }),
    times: fc.constant(1 as const),
    skip: fc.nat(10),
    fault: fc.oneof(
      fc.record({ kind: fc.constant('delay' as const), delayMs: fc.nat(40) }),
      fc.constant({ kind: 'status', status: 401, errorCode: 'APIGW.0307' } as const),
      fc.constant({ kind: 'status', status: 500, errorCode: 'APIGW.0605' } as const),
    ),
  });
  const order = fc.array(fc.constantFrom(...projects), { minLength: 10, maxLength: 25 });

  /** The credential that a request carries, as far as it names one. */
  const credentialIn = (request: ShownRequest) =>
    headerIn(request, 'X-Auth-Token') ?? /Access=([^,]+)/.exec(headerIn(request, 'Authorization') ?? '')?.[1];

  it('never send what belongs to one of them with the request of another, whatever goes wrong meanwhile', async () => {
    const used = new Map<string, Set<string>>();
    await fc.assert(
      fc.asyncProperty(order, fc.array(fault, { maxLength: 6 }), async (calls, faults) => {
        await rig.client.control('POST', 'reset');
        await rig.client.addFaults(...faults);
        await rig.client.control('POST', 'tokens/revoke', {});
        await Promise.all(calls.map(({ project }) => rig.handle(project)));
        for (const request of await rig.operations()) {
          const id = /^\/v5\/([^/]+)\//.exec(request.url)?.[1] ?? '';
          const credential = credentialIn(request) ?? '';
          used.set(credential, (used.get(credential) ?? new Set()).add(id));
          const stated = headerIn(request, 'X-Project-Id');
          if (stated !== undefined) expect(stated).toBe(id);
          expect(proofIn(request)).not.toBe('too much');
        }
      }),
      { numRuns: 15 },
    );
    for (const [credential, ids] of used) expect([credential, ids.size]).toEqual([credential, 1]);
    const ids = new Set([...used.values()].flatMap((each) => [...each]));
    const { project, otherProject, agency } = rig.simulator;
    expect(ids).toEqual(new Set([project.id, otherProject.id, agency.project.id]));
    // Whether tokens were renewed in between, and how often, is up to the faults drawn.
    expect(used.size).toBeGreaterThanOrEqual(projects.length);
  });
});
