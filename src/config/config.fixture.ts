import { ConfigError } from './field.js';
import type { Config, ProjectConfig } from './config.js';
import { loadConfig } from './load-config.js';

export const DIGEST = 'ab'.repeat(32);
export const OTHER_DIGEST = 'cd'.repeat(32);
export const PROJECT_ID = '0123456789abcdef0123456789abcdef';

/** Of a made-up trail; no secret. */
export const AUDIT_KEY = 'PRIVATE+KEY+test-trail+328a9cb1+AVi/9CiXuoxDQ37b7MD38JU9trfmzRuuSt7+CYdGVev5';

/** One caller who may do everything. */
export const CALLERS = `
callers:
  - id: soc-portal
    keys: [{ sha256: ${DIGEST} }]
    grants: [{ operations: ["*"], projects: ["*"], enterpriseProjects: ["*"] }]
`;

/** The least that starts outside of demo mode; with `CALLERS`. */
export const ENVIRONMENT = {
  GATEWAY_CONFIG: 'gateway.yaml',
  HSS_REGION: 'cn-north-4',
  HSS_PROJECT_ID: PROJECT_ID,
  IAM_DOMAIN_NAME: 'example',
  IAM_USER_NAME: 'hss-gateway',
  IAM_PASSWORD: 'correct horse',
};

export type Variables = Record<string, string | undefined>;

/** Loads `environment` with `yaml` as the file that `GATEWAY_CONFIG` names and `files` as the others. */
export function load(environment: Variables, yaml?: string, files: Record<string, string> = {}): Config {
  const texts = new Map(Object.entries(files));
  if (yaml !== undefined) texts.set('gateway.yaml', yaml);
  const readFile = (path: string): string => {
    const text = texts.get(path);
    if (text === undefined)
      throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
    return text;
  };
  return loadConfig({ environment, readFile });
}

/** The project of `ENVIRONMENT` and `CALLERS`, with some variables changed. */
export function loadWith(variables: Variables, yaml = CALLERS, files: Record<string, string> = {}): Config {
  return load({ ...ENVIRONMENT, ...variables }, yaml, files);
}

/** What is reported about each key; fails when nothing is. */
export function problemsIn(loading: () => unknown): Record<string, string> {
  try {
    loading();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.problems.map(({ key, problem }) => [key, problem]));
  }
  throw new Error('expected the configuration to be refused');
}

export function projectOf(config: Config, name = 'default'): ProjectConfig {
  const project = config.projects.get(name);
  if (project === undefined) throw new Error(`no project ${name}`);
  return project;
}
