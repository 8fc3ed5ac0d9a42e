import { nearMisses } from '../domain/nearest.js';
import type { ProjectConfig } from './config.js';
import type { Field, Problems } from './field.js';
import { isLoopback } from './formats.js';
import type { Missing, Reader } from './reader.js';
import { PROJECT } from './schema.js';
import type { Value } from './schema-language.js';

type Written = Value<typeof PROJECT>;

const REGION_IDS = [
  ...['cn-north-9', 'cn-north-1', 'cn-north-4', 'cn-southwest-2', 'cn-east-2', 'cn-east-3', 'cn-east-4'],
  ...['cn-south-1', 'cn-south-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'na-mexico-1'],
  ...['af-south-1', 'sa-brazil-1', 'la-south-2', 'cn-south-4', 'la-north-2', 'tr-west-1', 'cn-north-2'],
  ...['ap-southeast-4', 'ae-ad-1', 'me-east-1', 'cn-east-5', 'my-kualalumpur-1', 'eu-west-101'],
  ...['ru-moscow-1', 'cn-north-12', 'cn-southwest-3', 'cn-north-11', 'af-north-1', 'ap-southeast-5'],
];
const WITHOUT_IAM = new Set(['cn-south-4', 'cn-southwest-3', 'cn-north-11', 'af-north-1', 'ap-southeast-5']);

/**
 * Where each region is reached (contract 6). Five regions have no IAM of their own and use the global one; eu-west-101 is
 * the one partition on another domain.
 */
export const REGIONS: ReadonlyMap<string, { readonly hss: string; readonly iam: string }> = new Map(
  REGION_IDS.map((id) => {
    const domain = id === 'eu-west-101' ? 'myhuaweicloud.eu' : 'myhuaweicloud.com';
    const iam = WITHOUT_IAM.has(id) ? `https://iam.${domain}` : `https://iam.${id}.${domain}`;
    return [id, { hss: `https://hss.${id}.${domain}`, iam }];
  }),
);

/** Where the parts of a project are written, for problems that concern several of them. */
type Keys = Readonly<Record<'name' | 'region' | 'hssEndpoint' | 'iamEndpoint', string>>;

const VARIABLES: Keys = {
  name: 'GATEWAY_PROJECT_NAME',
  region: 'HSS_REGION',
  hssEndpoint: 'HSS_ENDPOINT',
  iamEndpoint: 'IAM_ENDPOINT',
};

/**
 * By name: the project that the variables describe, if they do, then those of the file. A project's own credentials and
 * endpoints win over those of the variables, the endpoints of the variables over the table of regions.
 */
export function projectsOf(
  ofFile: readonly Written[],
  allowInsecure: boolean,
  reader: Reader,
  problems: Problems,
): Map<string, ProjectConfig> {
  const missing: Missing[] = [];
  const shared = reader.read(PROJECT, { variables: true, path: '', missing });
  const note = (key: string, problem: string) => problems.addToAccepted(key, problem);
  // Over plain HTTP the password and every token could be read on the way.
  const refuseInsecure = (written: Written, keys: Keys) => {
    for (const part of ['hssEndpoint', 'iamEndpoint'] as const) {
      const url = URL.parse(written[part] ?? '');
      if (url?.protocol !== 'http:' || allowInsecure || isLoopback(url.hostname)) continue;
      const remedy = 'for a simulator on another host set GATEWAY_ALLOW_INSECURE_ENDPOINTS=1';
      note(keys[part], `must begin with https; ${remedy}`);
    }
  };
  const resolve = (written: Written, keys: Keys): ProjectConfig => {
    const { hssEndpoint = shared.hssEndpoint, iamEndpoint = shared.iamEndpoint, region } = written;
    const known = REGIONS.get(region);
    if (known === undefined && (hssEndpoint === undefined || iamEndpoint === undefined)) {
      const remedy = remedyFor(region, `${keys.hssEndpoint} and ${keys.iamEndpoint}`);
      note(keys.region, `is not in the gateway's table of regions: ${remedy}`);
    }
    return {
      ...written,
      hssEndpoint: hssEndpoint ?? known?.hss ?? '',
      iamEndpoint: iamEndpoint ?? known?.iam ?? '',
      enterpriseProjectId: written.enterpriseProjectId ?? shared.enterpriseProjectId ?? '',
      credentials: written.credentials ?? shared.credentials!,
    };
  };
  const projects = new Map<string, ProjectConfig>();
  const region = reader.variable(VARIABLES.region);
  // A project id without a region is half a project, and reported as such.
  const described = region.given || reader.variable('HSS_PROJECT_ID').given;
  refuseInsecure(shared, VARIABLES);
  if (described) projects.set(shared.name, resolve(shared, VARIABLES));
  ofFile.forEach((written, index) => {
    const at = `projects[${index}]`;
    const keys: Keys = {
      name: `${at}.name`,
      region: `${at}.region`,
      hssEndpoint: `${at}.endpoint`,
      iamEndpoint: `${at}.iamEndpoint`,
    };
    refuseInsecure(written, keys);
    if (projects.has(written.name)) {
      note(
        keys.name,
        'repeats another project: rename one (GATEWAY_PROJECT_NAME names that of the variables)',
      );
    }
    // A refused name is kept as a placeholder: a project was configured, so this is no demo.
    projects.set(written.name, resolve(written, keys));
  });
  const shares = described || ofFile.some(({ credentials }) => credentials === undefined);
  for (const { field, remedy } of missing) {
    if (field.key === region.key) {
      if (described) note(field.key, `is missing: ${remedy}`);
    } else if (shares) {
      note(field.key, missingCredential(field, remedy, reader));
    }
  }
  return projects;
}

function missingCredential({ key }: Field, remedy: string, reader: Reader): string {
  // An operator who sets a key means to use it.
  const signs =
    key.startsWith('IAM_') && ['HSS_AK', 'HSS_AK_FILE'].some((name) => reader.variable(name).given);
  const other = signs ? ', or set HSS_AUTH=aksk to sign with HSS_AK' : '';
  const itself = remedy.startsWith('set it') ? remedy : 'set it';
  return `is missing: ${itself}, or give every project its own credentials${other}`;
}

function remedyFor(region: string, endpoints: string): string {
  const near = nearMisses(region, REGIONS.keys()).slice(0, 5);
  const meant = near.length === 0 ? '' : `did you mean ${near.join(' or ')}? For another region `;
  return `${meant}give both ${endpoints}`;
}
