/** The cloud account that the simulator plays: fixed, so that tests and demos can name its parts. */

/** A project of the account. `region` doubles as its name, as a region's default project is named (contract 3.1.1). */
export interface Project {
  readonly id: string;
  readonly region: string;
}

/** An account ("domain") with the projects it owns. */
export interface Domain {
  readonly id: string;
  readonly name: string;
  readonly projects: readonly Project[];
}

/** Who may call: an IAM user of its own account, or an agency of another one. */
export interface Identity {
  readonly domain: Domain;
  readonly user: { readonly id: string; readonly name: string };
  readonly enterpriseProjects: readonly string[];
}

export const PROJECT: Project = { id: '0a1b2c3d4e5f60718293a4b5c6d7e8f9', region: 'cn-north-4' };
export const OTHER_PROJECT: Project = { id: '1b2c3d4e5f60718293a4b5c6d7e8f90a', region: 'ap-southeast-1' };
export const AGENCY_PROJECT: Project = { id: '2c3d4e5f60718293a4b5c6d7e8f90a1b', region: 'cn-north-4' };

export const OTHER_ENTERPRISE_PROJECT = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';

/** Exists in the account and has an alarm, but the user has no right on it. */
export const DENIED_ENTERPRISE_PROJECT = '9b1d7c20-4e3f-4a6b-8c5d-0e1f2a3b4c5d';

export const ENTERPRISE_PROJECT_NAMES: ReadonlyMap<string, string> = new Map([
  ['0', 'default'],
  [OTHER_ENTERPRISE_PROJECT, 'shop'],
  [DENIED_ENTERPRISE_PROJECT, 'payroll'],
]);

const OWN_DOMAIN: Domain = {
  id: 'd78cbac186b744899480f25bd022f468',
  name: 'my-account',
  projects: [PROJECT, OTHER_PROJECT],
};

/** The account whose agency lets the user in (contract 3.1.5). */
export const DELEGATING_DOMAIN: Domain = {
  id: 'e89dcbd297c855aa05911360ce133579',
  name: 'delegating-account',
  projects: [AGENCY_PROJECT],
};

export const USER: Identity = {
  domain: OWN_DOMAIN,
  user: { id: '7116d09f88fa41908676fdd4b039e95b', name: 'hss-gateway' },
  enterpriseProjects: ['0', OTHER_ENTERPRISE_PROJECT],
};

/** What the user becomes through the agency. */
export const AGENCY: Identity = {
  domain: DELEGATING_DOMAIN,
  user: { id: '0760a9e2a60026664f1fc0031f9f205e', name: 'delegating-account/hss-operator' },
  enterpriseProjects: ['0'],
};

export const AGENCY_NAME = 'hss-operator';

/** The password after a start or a reset; a control route changes it. */
export const FIRST_PASSWORD = 'Simulator-Passw0rd';

/** The permanent access key of the user. */
export const ACCESS_KEY = { ak: 'SIMULATORAK000000001', sk: 'SimulatorSecretKey0000000000000000000001' };

export const ALL_PROJECTS: readonly Project[] = [PROJECT, OTHER_PROJECT, AGENCY_PROJECT];

export function projectById(id: unknown): Project | undefined {
  return ALL_PROJECTS.find((project) => project.id === id);
}
