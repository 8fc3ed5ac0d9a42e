import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  ACCESS_KEY,
  AGENCY_NAME,
  AGENCY_PROJECT,
  DELEGATING_DOMAIN,
  DENIED_ENTERPRISE_PROJECT,
  FIRST_PASSWORD,
  OTHER_PROJECT,
  PROJECT,
  USER,
  type Project,
} from './account.js';
import { LaggingCloud } from './listing-lag.js';
import { dispatch } from './routes.js';
import { SPECIAL_ALARM_IDS, type SpecialAlarmIds } from './seed/seed.js';
import { createSimulatorServer, type Cloud } from './server.js';
import { SimulatorState } from './state.js';

export interface SimulatorOptions {
  /** 0 takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Epoch milliseconds; replace it to make time pass. */
  readonly now?: () => number;
  /** How many alarms to generate besides the fixed ones; 40 when left out. */
  readonly alarms?: number;
  /** 24 hours when left out, as upstream's (contract 3.1). */
  readonly tokenLifetimeMs?: number;
  /** How long after it took effect a change shows in the listings; 0 when left out. */
  readonly listingLagMs?: number;
}

/** A running simulator: IAM and HSS on one origin, and the control routes below `/__control/`. */
export interface Simulator {
  readonly url: string;
  readonly account: {
    readonly domain: string;
    readonly domainId: string;
    readonly user: string;
    readonly password: string;
    readonly ak: string;
    readonly sk: string;
  };
  readonly project: Project;
  readonly otherProject: Project;
  /** Those that the user has a right on. */
  readonly enterpriseProjects: readonly string[];
  /** One that exists and that the user has no right on. */
  readonly deniedEnterpriseProject: string;
  /** Alarms that make one particular thing happen. */
  readonly specialAlarms: SpecialAlarmIds;
  /** An account whose agency lets the user in, and the project it owns (contract 3.1.5). */
  readonly agency: { readonly domain: string; readonly name: string; readonly project: Project };
  /** Stops listening and destroys every open connection. */
  close(): Promise<void>;
}

function urlOf({ address, family, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}

/** The simulated cloud, seeded. */
function cloudOf({
  now = Date.now,
  alarms = 40,
  tokenLifetimeMs,
  listingLagMs = 0,
}: SimulatorOptions): Cloud {
  const options = { now, alarms, tokenLifetimeMs };
  const state = new SimulatorState(options);
  if (listingLagMs === 0) return { state, dispatch: (request) => dispatch(state, request) };
  return new LaggingCloud(state, options, listingLagMs, (milliseconds, task) => {
    setTimeout(task, milliseconds).unref();
  });
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1' } = options;
  const stopping = new AbortController();
  // Every answer that waits listens to it.
  setMaxListeners(0, stopping.signal);
  const server = createSimulatorServer(cloudOf(options), stopping.signal);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    url: urlOf(server.address() as AddressInfo),
    account: {
      domain: USER.domain.name,
      domainId: USER.domain.id,
      user: USER.user.name,
      password: FIRST_PASSWORD,
      ...ACCESS_KEY,
    },
    project: PROJECT,
    otherProject: OTHER_PROJECT,
    enterpriseProjects: USER.enterpriseProjects,
    deniedEnterpriseProject: DENIED_ENTERPRISE_PROJECT,
    agency: { domain: DELEGATING_DOMAIN.name, name: AGENCY_NAME, project: AGENCY_PROJECT },
    specialAlarms: SPECIAL_ALARM_IDS,
    close: () =>
      new Promise<void>((resolve) => {
        stopping.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
