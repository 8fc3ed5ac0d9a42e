import { parseConfigFile } from './config-file.js';
import type {
  AccessConfig,
  CallerConfig,
  Config,
  DatabaseConfig,
  GuardRailsConfig,
  ProjectConfig,
} from './config.js';
import { noteMisspelt, type ConfigSource } from './environment.js';
import { Field, Problems } from './field.js';
import { databasePath } from './formats.js';
import { projectsOf } from './projects.js';
import { defaultsOf, fileKeysOf, Reader, type Sources } from './reader.js';
import { checkAuditKey, checkCallers, checkDatabase, checkIssuers, checkFollowers } from './rules.js';
import { SETTINGS } from './schema.js';
import { object, type Value } from './schema-language.js';
import { readNamedFile } from './secret.js';

type Settings = Value<typeof SETTINGS>;

/** A configuration, and where each of its plain values came from. */
export interface LoadedConfig {
  readonly config: Config;
  readonly sources: Sources;
}

/**
 * Reads the environment and the YAML file that `GATEWAY_CONFIG` names into one deeply frozen `Config`.
 *
 * In demo mode `projects` and `callers` may come back empty: see `withDemo`.
 *
 * @throws ConfigError that holds every problem at once and no value of any setting
 */
export function loadConfig(source: ConfigSource): Config {
  return loadWithSources(source).config;
}

/** The same, with the sources of the values. @throws ConfigError */
export function loadWithSources(source: ConfigSource): LoadedConfig {
  const problems = new Problems();
  const reader = new Reader(source, problems);
  noteMisspelt(source.environment, problems);
  const setting = reader.variable('GATEWAY_CONFIG');
  const content = setting.given ? readNamedFile(setting, source.readFile) : undefined;
  const file = content === undefined ? undefined : parseConfigFile(content, setting);
  // That something is absent from a file that could not be understood means nothing.
  const broken = setting.given && file === undefined;
  const read = reader.read(SETTINGS, { file: new Field('', file, problems), variables: true, path: '' });
  const projects = projectsOf(read.projects ?? [], read.allowInsecureEndpoints, reader, problems);
  const demo = read.demo ?? (projects.size === 0 && read.environment === 'development');
  if (demo && read.environment === 'production') {
    problems.addToAccepted('GATEWAY_DEMO', 'is refused when NODE_ENV is production: unset it');
  }
  if (!demo && !broken && projects.size === 0) problems.addToAccepted('projects', noProjects(read));
  const config: Config = {
    ...read,
    demo,
    database: databaseOf(read.database),
    projects,
    ...accessOf(read, [...projects.keys()], demo || broken, problems),
  };
  checkDatabase(config.database, config.upstream.deadlineMs, problems);
  checkAuditKey(config, problems);
  checkFollowers(config.audit, { allowInsecure: config.allowInsecureEndpoints }, problems);
  if (!config.signing && config.callers.some(({ signingKeys }) => signingKeys)) {
    problems.addToAccepted(
      'GATEWAY_SIGNING_MASTER_KEY',
      'is missing, and callers have signing keys: set GATEWAY_SIGNING_MASTER_KEY_FILE',
    );
  }
  problems.throwIfAny();
  return { config: deepFreeze(config), sources: reader.sources };
}

function noProjects({ environment }: Settings): string {
  const remedy = 'set HSS_REGION, or list projects in the file that GATEWAY_CONFIG names';
  return `none is configured: ${remedy}${environment === 'production' ? '' : ', or set GATEWAY_DEMO=1'}`;
}

function databaseOf(database: Settings['database']): DatabaseConfig {
  const path = databasePath(database.url);
  return path === undefined ? { kind: 'postgres', ...database } : { kind: 'embedded', path };
}

/** Who may call, and by what; `projects` are the names that a grant may give. */
function accessOf(
  { callers, issuers = [] }: Pick<Settings, 'callers' | 'issuers'>,
  projects: readonly string[],
  mayBeEmpty: boolean,
  problems: Problems,
): AccessConfig {
  checkIssuers(issuers, problems);
  checkCallers(callers ?? [], { projects, issuers: issuers.map(({ name }) => name) }, problems);
  if (!callers && !mayBeEmpty) {
    const remedy = 'list them in the file that GATEWAY_CONFIG names';
    problems.addToAccepted('callers', `none is configured, so nobody could use the gateway: ${remedy}`);
  }
  return { callers: callers ?? [], ...(issuers.length > 0 && { issuers }) };
}

const { callers, issuers } = SETTINGS.members;
/** Its keys are checked with those of the whole file. */
const ACCESS = object({ callers, issuers }, { flat: true });

/**
 * Reads callers and issuers again from the file's new text, and nothing else: what is wrong in another part of it must not
 * keep a key from being revoked. A grant may name a project that the file has and the running gateway has not yet.
 *
 * @param running names of the projects that the gateway runs with
 * @throws ConfigError with every problem at once
 */
export function rereadAccess(text: string, running: Iterable<string>, demo: boolean): AccessConfig {
  const problems = new Problems();
  const reader = new Reader({ environment: {}, readFile: () => '' }, problems);
  const content = parseConfigFile(text, new Field('GATEWAY_CONFIG', text, problems));
  const file = new Field('', content, problems);
  reader.noteUnknownKeys(file, fileKeysOf(SETTINGS));
  const read = reader.read(ACCESS, { file, variables: false, path: '' });
  const projects = [...running, ...namesIn(file.member('projects'))];
  const access = accessOf(read, projects, demo || content === undefined, problems);
  problems.throwIfAny();
  return deepFreeze({ ...access });
}

function namesIn(projects: Field): string[] {
  const names = (projects.items() ?? []).map((project) => project.member('name').raw);
  return names.filter((name) => typeof name === 'string');
}

/** What holds of the guard rails where nothing is configured. */
export const DEFAULT_GUARD_RAILS: GuardRailsConfig = defaultsOf(SETTINGS.members.guardRails);

/** The master key alone, for the program that issues key pairs. @throws ConfigError when there is none */
export function signingMasterKey(source: ConfigSource): string {
  const problems = new Problems();
  const { signing } = SETTINGS.members;
  const read = new Reader(source, problems).read(signing, { variables: true, path: 'signing' });
  if (!read) {
    const remedy = 'set GATEWAY_SIGNING_MASTER_KEY_FILE to a file that holds it';
    problems.add('GATEWAY_SIGNING_MASTER_KEY', `is missing: ${remedy}`);
  }
  problems.throwIfAny();
  return read?.masterKey ?? '';
}

/** Where the audit database is, for programs beside the gateway; nothing else is looked at. @throws ConfigError */
export function databaseConfig(source: ConfigSource): DatabaseConfig {
  const problems = new Problems();
  noteMisspelt(source.environment, problems);
  const { database } = SETTINGS.members;
  const read = new Reader(source, problems).read(database, { variables: true, path: 'database' });
  problems.throwIfAny();
  return databaseOf(read);
}

/** The keys that the audit trail is signed with, likewise. @throws ConfigError */
export function auditKeyConfig(source: ConfigSource): Config['auditKey'] {
  const problems = new Problems();
  const { auditKey } = SETTINGS.members;
  const read = new Reader(source, problems).read(auditKey, { variables: true, path: 'auditKey' });
  problems.throwIfAny();
  return read;
}

/** What the demo adds: the simulated project, and a caller whose key is printed at start. */
export interface Demo {
  readonly project: ProjectConfig;
  readonly caller: CallerConfig;
}

/**
 * The configuration with the demo's project and caller, frozen again.
 *
 * @throws Error when the configuration is not a demo's, when a name is taken, and when the demo caller, whose key is no secret,
 *   could act on a project that is not the simulated one
 */
export function withDemo(config: Config, { project, caller }: Demo): Config {
  if (!config.demo) throw new Error('the configuration is not in demo mode: set GATEWAY_DEMO=1');
  if (config.projects.has(project.name))
    throw new Error('a configured project has the name of the demo project');
  if (config.callers.some(({ id }) => id === caller.id))
    throw new Error('a configured caller has the id of the demo caller');
  const reach = caller.grants.flatMap((grant) => grant.projects);
  if (config.projects.size > 0 && reach.some((name) => name !== project.name)) {
    throw new Error(
      'the demo caller may only be granted the demo project, because real projects are configured too',
    );
  }
  return deepFreeze({
    ...config,
    projects: new Map([...config.projects, [project.name, project]]),
    callers: [...config.callers, caller],
    demoCaller: caller,
  });
}

/** The same value, frozen all the way down: objects and lists where they are, maps as frozen copies. */
function deepFreeze<T extends object>(value: T): T {
  for (const [key, member] of Object.entries(value) as [keyof T, unknown][]) {
    if (member instanceof Map) value[key] = frozenMap(member) as T[keyof T];
    else if (typeof member === 'object' && member !== null && !Object.isFrozen(member)) deepFreeze(member);
  }
  return Object.freeze(value);
}

/** `Object.freeze` does not reach the entries of a `Map`, so its methods that change it are replaced as well. */
function frozenMap(map: ReadonlyMap<unknown, object>): ReadonlyMap<unknown, object> {
  const copy = new Map([...map].map(([key, member]) => [key, deepFreeze(member)]));
  const refuse = (): never => {
    throw new TypeError('the configuration is frozen');
  };
  for (const mutator of ['set', 'delete', 'clear']) Object.defineProperty(copy, mutator, { value: refuse });
  return Object.freeze(copy);
}
