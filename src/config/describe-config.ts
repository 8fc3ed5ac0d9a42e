import type {
  AccessKeyCredentials,
  AgencyConfig,
  CallerConfig,
  Config,
  CredentialsConfig,
  DatabaseConfig,
  ProjectConfig,
} from './config.js';

/** One line of the log of a start. */
export interface Setting {
  readonly key: string;
  readonly value: string | number | boolean;
}

/** What the gateway runs with, safe to log: named field by field, of secrets only where they were found. */
export function describeConfig(config: Config): Setting[] {
  return [
    setting('environment', config.environment),
    setting('demo', config.demo),
    setting('listen.host', config.listen.host),
    setting('listen.port', config.listen.port),
    ...describeDatabase(config.database),
    ...[...config.projects.values()].flatMap(describeProject),
    ...config.callers.flatMap(describeCaller),
    setting('limits.alarmsPerRequest', config.limits.alarmsPerRequest),
    setting('limits.bodyBytes', config.limits.bodyBytes),
    setting('limits.maxEventLoopDelayMs', config.limits.maxEventLoopDelayMs),
    setting('upstream.deadlineMs', config.upstream.deadlineMs),
    setting('upstream.attemptTimeoutMs', config.upstream.attemptTimeoutMs),
    setting('upstream.maxAttempts', config.upstream.maxAttempts),
    setting('upstream.connections', config.upstream.connections),
    setting('upstream.settleQuietMs', config.upstream.settleQuietMs),
    setting('upstream.settleGiveUpMs', config.upstream.settleGiveUpMs),
    setting('shutdown.drainDelayMs', config.shutdown.drainDelayMs),
    setting('shutdown.drainMs', config.shutdown.drainMs),
    setting('logLevel', config.logLevel),
    setting('docs', config.docs),
  ];
}

/** No part of a PostgreSQL address is told: a password with a slash in it can pass for any of them. */
function describeDatabase(database: DatabaseConfig): Setting[] {
  return database.kind === 'embedded'
    ? [setting('database.kind', database.kind), setting('database.path', database.path)]
    : [setting('database.kind', database.kind), setting('database.url', presence(database.urlFromFile))];
}

function describeProject(project: ProjectConfig): Setting[] {
  const key = `projects.${project.name}`;
  return [
    setting(`${key}.region`, project.region),
    setting(`${key}.projectId`, project.projectId ?? 'looked up by the name of the region'),
    setting(`${key}.hssEndpoint`, project.hssEndpoint),
    setting(`${key}.iamEndpoint`, project.iamEndpoint),
    setting(`${key}.enterpriseProjectId`, project.enterpriseProjectId),
    ...describeCredentials(`${key}.credentials`, project.credentials),
  ];
}

function describeCredentials(key: string, credentials: CredentialsConfig): Setting[] {
  const kind = setting(`${key}.kind`, credentials.kind);
  switch (credentials.kind) {
    case 'password':
      return [
        kind,
        setting(`${key}.domainName`, credentials.domainName),
        setting(`${key}.userName`, credentials.userName),
        setting(`${key}.password`, presence(credentials.passwordFile !== undefined)),
        ...(credentials.agency ? describeAgency(`${key}.agency`, credentials.agency) : []),
      ];
    case 'aksk':
      return [kind, ...describeAccessKey(key, credentials)];
    case 'ecs-metadata':
      return [kind, setting(`${key}.endpoint`, credentials.endpoint)];
  }
}

function describeAgency(key: string, { name, domainName }: AgencyConfig): Setting[] {
  return [setting(`${key}.name`, name), setting(`${key}.domainName`, domainName)];
}

/** The access key's own name is kept quiet too: half of a pair is worth something to whoever has the other half. */
function describeAccessKey(key: string, credentials: AccessKeyCredentials): Setting[] {
  const { akFile, skFile, securityToken, securityTokenFile } = credentials;
  return [
    setting(`${key}.ak`, presence(akFile !== undefined)),
    setting(`${key}.sk`, presence(skFile !== undefined)),
    ...(securityToken === undefined
      ? []
      : [setting(`${key}.securityToken`, presence(securityTokenFile !== undefined))]),
  ];
}

function describeCaller(caller: CallerConfig): Setting[] {
  const key = `callers.${caller.id}`;
  const grants = caller.grants.map(({ operations, projects, enterpriseProjects }, index) =>
    setting(
      `${key}.grants[${index}]`,
      [operations, projects, enterpriseProjects].map((list) => list.join(',')).join(' x '),
    ),
  );
  const expiries = caller.keys.map(({ expiresAt }, index) =>
    setting(`${key}.keys[${index}].expiresAt`, dateOf(expiresAt)),
  );
  return [...expiries, ...grants];
}

function dateOf(time: number | undefined): string {
  return time === undefined ? 'never' : new Date(time).toISOString();
}

function presence(fromFile: boolean | undefined): string {
  return fromFile === true ? 'from file' : 'set';
}

function setting(key: string, value: Setting['value']): Setting {
  return { key, value };
}
