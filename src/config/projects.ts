import type { ProjectConfig } from './config.js';
import type { ConfigFile } from './config-file.js';
import { CredentialsReader } from './credentials.js';
import { EndpointReader } from './endpoints.js';
import type { ConfigSource, Environment } from './environment.js';
import type { Field } from './field.js';
import { ENTERPRISE_PROJECT_ID, PROJECT_ID, PROJECT_NAME } from './formats.js';

/** What the environment says for every project that does not say it itself. */
interface Shared {
  readonly endpoints: EndpointReader;
  readonly credentials: CredentialsReader;
  readonly enterpriseProjectId: string;
}

/** By name: the project of the environment, if there is one, then those of the file. */
export function readProjects(
  environment: Environment,
  file: ConfigFile,
  readFile: ConfigSource['readFile'],
): Map<string, ProjectConfig> {
  const shared: Shared = {
    endpoints: new EndpointReader(environment),
    credentials: new CredentialsReader(environment, readFile),
    enterpriseProjectId: readEnterpriseProjectId(environment.field('HSS_ENTERPRISE_PROJECT_ID'), '0'),
  };
  const projects = new Map<string, ProjectConfig>();
  const ofEnvironment = projectOfEnvironment(environment, shared);
  if (ofEnvironment !== undefined) projects.set(ofEnvironment.name, ofEnvironment);
  for (const entry of file.projects.given ? file.projects.list('project') : []) {
    addProjectOfFile(projects, entry, shared);
  }
  return projects;
}

/** A project id without a region is half a project, and told as such: not none. */
function projectOfEnvironment(environment: Environment, shared: Shared): ProjectConfig | undefined {
  const region = environment.field('HSS_REGION');
  const projectId = environment.field('HSS_PROJECT_ID');
  const name = environment.field('GATEWAY_PROJECT_NAME').text(PROJECT_NAME, 'default');
  if (!region.given && !projectId.given) return undefined;
  return {
    name,
    ...projectIdIn(projectId),
    ...shared.endpoints.read(region),
    credentials: shared.credentials.shared(),
    enterpriseProjectId: shared.enterpriseProjectId,
  };
}

function addProjectOfFile(projects: Map<string, ProjectConfig>, entry: Field, shared: Shared): void {
  const fields = entry.object(
    'name',
    'region',
    'projectId',
    'endpoint',
    'iamEndpoint',
    'enterpriseProjectId',
    'credentials',
  );
  const name = fields.name.text(PROJECT_NAME);
  if (name !== '' && projects.has(name)) {
    fields.name.note(
      'repeats another project: rename one (GATEWAY_PROJECT_NAME names that of the environment)',
    );
  }
  // A refused name is the empty placeholder, and kept: a project was configured, so this is no demo.
  projects.set(name, {
    name,
    ...projectIdIn(fields.projectId),
    ...shared.endpoints.read(fields.region, fields),
    credentials: shared.credentials.ofProject(fields.credentials),
    enterpriseProjectId: readEnterpriseProjectId(fields.enterpriseProjectId, shared.enterpriseProjectId),
  });
}

function projectIdIn(field: Field): Pick<ProjectConfig, 'projectId'> {
  return field.given ? { projectId: field.text(PROJECT_ID) } : {};
}

/** Lower case, as upstream issues ids: grants are compared by character. */
function readEnterpriseProjectId(field: Field, fallback: string): string {
  return field.text(ENTERPRISE_PROJECT_ID, fallback).toLowerCase();
}
