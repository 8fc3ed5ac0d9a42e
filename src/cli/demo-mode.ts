import { createHash } from 'node:crypto';

import type { Config } from '../config/config.js';
import { withDemo } from '../config/load-config.js';
import { startSimulator, type Simulator } from '../simulator/simulator.js';

/** Printed at start and good for the simulator only. */
export const DEMO_KEY = 'hssgw_demo_key_for_the_simulator_only';

/** The seed alarm of the simulator, as a request names it in full. */
export const DEMO_ALARM = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1672046760353,
} as const;

/** The shortest request that does something. */
export const DEMO_REQUEST = {
  operation: 'mark_as_handled',
  remark: 'test',
  alarmIds: [DEMO_ALARM.eventId],
} as const;

/** Starts the simulator and adds its project, and a caller who may do everything there, to a demo's configuration. */
export async function startDemo(config: Config): Promise<{ config: Config; simulator: Simulator }> {
  const simulator = await startSimulator();
  const { domain, user, password } = simulator.account;
  const project = {
    name: 'demo',
    region: simulator.project.region,
    projectId: simulator.project.id,
    hssEndpoint: simulator.url,
    iamEndpoint: simulator.url,
    credentials: { kind: 'password', domainName: domain, userName: user, password } as const,
    enterpriseProjectId: '0',
  };
  const caller = {
    id: 'demo',
    keys: [{ sha256: createHash('sha256').update(DEMO_KEY).digest('hex') }],
    grants: [
      {
        rights: ['read', 'act', 'approve', 'audit'],
        operations: ['*'],
        // Real projects may be configured beside it: its key is no secret.
        projects: [config.projects.size > 0 ? project.name : '*'],
        enterpriseProjects: ['*', 'all_granted_eps'],
      } as const,
    ],
  };
  return { config: withDemo(config, { project, caller }), simulator };
}

/** What a newcomer needs to see: where to look, the key, and a line to paste. */
export function welcome(url: string): string {
  return `
HSS gateway, demo mode: a simulated cloud runs in this process, nothing real is touched.

  Swagger UI  ${url}/docs
  Key         ${DEMO_KEY}

  Try it:

  curl -s ${url}/v1/operations -H 'Authorization: Bearer ${DEMO_KEY}' -H 'Content-Type: application/json' -d '${JSON.stringify(DEMO_REQUEST)}'

  And what was written down of it, before and after:

  curl -s '${url}/v1/audit/records?alarm=${DEMO_ALARM.eventId}' -H 'Authorization: Bearer ${DEMO_KEY}'

`;
}
