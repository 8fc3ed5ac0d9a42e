import { nearMisses } from '../domain/nearest.js';
import type { ProjectConfig } from './config.js';
import type { Field, Problems } from './field.js';
import { isLoopback } from './formats.js';
import type { Missing, Reader } from './reader.js';
import { PROJECT } from './schema.projects.js';
import { keyOf, type Usage, type Value } from './schema-language.js';

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
const REGIONS: ReadonlyMap<string, { readonly hss: string; readonly iam: string }> = new Map(
  REGION_IDS.map((id) => {
    const domain = id === 'eu-west-101' ? 'myhuaweicloud.eu' : 'myhuaweicloud.com';
    const iam = WITHOUT_IAM.has(id) ? `https://iam.${domain}` : `https://iam.${id}.${domain}`;
    return [id, { hss: `https://hss.${id}.${domain}`, iam }];
  }),
);

type Part = 'name' | 'region' | 'hssEndpoint' | 'iamEndpoint';

/** Where a part of a project is written, for problems that concern several: at a place of the file, or in a variable. */
function keyFor(part: Part, at?: string): string {
  const usage: Usage = PROJECT.members[part];
  return at === undefined ? (usage.env ?? '') : `${at}.${keyOf(part, usage)}`;
}

/** By name: the project that the variables describe, if they do, then those of the file. */
export function projectsOf(
  ofFile: readonly Written[],
  allowInsecure: boolean,
  reader: Reader,
  problems: Problems,
): Map<string, ProjectConfig> {
  const missing: Missing[] = [];
  const shared = reader.read(PROJECT, { variables: true, path: '', missing });
  // A project id without a region is half a project, and reported as such.
  const isDescribed = ['HSS_REGION', 'HSS_PROJECT_ID'].some((name) => reader.variable(name).given);
  const isShared = isDescribed || ofFile.some(({ credentials }) => credentials === undefined);
  for (const { field, remedy } of missing) {
    if (field.key !== keyFor('region')) {
      if (isShared) field.note(missingCredential(field, remedy, reader));
    } else if (isDescribed) field.note(`is missing: ${remedy}`);
  }
  if (!allowInsecure) refuseInsecure(shared, undefined, problems);
  const projects = new Map<string, ProjectConfig>();
  if (isDescribed) projects.set(shared.name, resolved(shared, shared, undefined, problems));
  ofFile.forEach((written, index) => {
    const at = `projects[${index}]`;
    if (!allowInsecure) refuseInsecure(written, at, problems);
    if (projects.has(written.name)) {
      const other = 'GATEWAY_PROJECT_NAME names that of the variables';
      problems.addToAccepted(keyFor('name', at), `repeats another project: rename one (${other})`);
    }
    // A refused name is kept as a placeholder: a project was configured, so this is no demo.
    projects.set(written.name, resolved(written, shared, at, problems));
  });
  return projects;
}

/** Over plain HTTP the password and every token could be read on the way. */
function refuseInsecure(project: Written, at: string | undefined, problems: Problems): void {
  for (const part of ['hssEndpoint', 'iamEndpoint'] as const) {
    const endpoint = project[part] ?? '';
    if (!endpoint.startsWith('http:') || isLoopback(new URL(endpoint).hostname)) continue;
    const remedy = 'for a simulator on another host set GATEWAY_ALLOW_INSECURE_ENDPOINTS=1';
    problems.addToAccepted(keyFor(part, at), `must begin with https; ${remedy}`);
  }
}

/** A project's own endpoints and credentials win over those of the variables, and these over the table of regions. */
function resolved(own: Written, shared: Written, at: string | undefined, problems: Problems): ProjectConfig {
  const { region, hssEndpoint = shared.hssEndpoint, iamEndpoint = shared.iamEndpoint } = own;
  const known = REGIONS.get(region);
  if (known === undefined && (hssEndpoint === undefined || iamEndpoint === undefined)) {
    const remedy = remedyFor(region, `${keyFor('hssEndpoint', at)} and ${keyFor('iamEndpoint', at)}`);
    problems.addToAccepted(keyFor('region', at), `is not in the gateway's table of regions: ${remedy}`);
  }
  return {
    ...own,
    hssEndpoint: hssEndpoint ?? known?.hss ?? '',
    iamEndpoint: iamEndpoint ?? known?.iam ?? '',
    enterpriseProjectId: own.enterpriseProjectId ?? shared.enterpriseProjectId ?? '',
    // Those of the variables are always read, whether they are needed or not.
    credentials: own.credentials ?? shared.credentials!,
  };
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
