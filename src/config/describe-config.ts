import type { CallerLimits, Denial } from '../domain/caller.js';
import type {
  AccessKeyCredentials,
  AgencyConfig,
  CallerConfig,
  Config,
  CredentialsConfig,
  DatabaseConfig,
  IssuerConfig,
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
    ...listed('listen.trustedProxies', config.listen.trustedProxies),
    ...listed('listen.allowedOrigins', config.listen.allowedOrigins),
    ...describeDatabase(config.database),
    ...[...config.projects.values()].flatMap(describeProject),
    ...config.callers.flatMap(describeCaller),
    ...(config.issuers ?? []).flatMap(describeIssuer),
    setting('limits.alarmsPerRequest', config.limits.alarmsPerRequest),
    setting('limits.bodyBytes', config.limits.bodyBytes),
    setting('limits.requestMs', config.limits.requestMs),
    setting('limits.maxEventLoopDelayMs', config.limits.maxEventLoopDelayMs),
    setting('limits.followers', config.limits.followers),
    setting('upstream.deadlineMs', config.upstream.deadlineMs),
    setting('upstream.attemptTimeoutMs', config.upstream.attemptTimeoutMs),
    setting('upstream.maxAttempts', config.upstream.maxAttempts),
    setting('upstream.connections', config.upstream.connections),
    setting('upstream.settleQuietMs', config.upstream.settleQuietMs),
    setting('upstream.settleGiveUpMs', config.upstream.settleGiveUpMs),
    setting('upstream.verify', config.upstream.verify),
    setting('shutdown.drainDelayMs', config.shutdown.drainDelayMs),
    setting('shutdown.drainMs', config.shutdown.drainMs),
    ...describeActs(config),
    setting('logLevel', config.logLevel),
    setting('logFormat', config.logFormat ?? 'pretty at a terminal, json elsewhere'),
    setting('docs', config.docs),
  ];
}

/** No part of a PostgreSQL address is told: a password with a slash in it can pass for any of them. */
function describeDatabase(database: DatabaseConfig): Setting[] {
  return database.kind === 'embedded'
    ? [setting('database.kind', database.kind), setting('database.path', database.path)]
    : [
        setting('database.kind', database.kind),
        setting('database.url', presence(database.urlFromFile)),
        ...(database.goneAfterMs === undefined
          ? []
          : [setting('database.goneAfterMs', database.goneAfterMs)]),
      ];
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
  return [
    ...caller.keys.flatMap(({ id, expiresAt, from }, index) => [
      ...(id === undefined ? [] : [setting(`${key}.keys[${index}].id`, id)]),
      setting(`${key}.keys[${index}].expiresAt`, dateOf(expiresAt)),
      ...listed(`${key}.keys[${index}].from`, from),
    ]),
    ...(caller.tokens ?? []).map(({ issuer, claims }, index) =>
      setting(`${key}.tokens[${index}]`, `${issuer}: ${claims.map(({ name }) => name).join(', ')}`),
    ),
    ...caller.grants.map((grant, index) => setting(`${key}.grants[${index}]`, reachOf(grant))),
    ...(caller.denials ?? []).map((denial, index) => setting(`${key}.deny[${index}]`, reachOf(denial))),
    ...(caller.onBehalfOf === true ? [setting(`${key}.onBehalfOf`, true)] : []),
    ...listed(`${key}.from`, caller.from),
    ...(caller.signingKeys ?? []).map(({ id, expiresAt }) =>
      setting(`${key}.signingKeys.${id}.expiresAt`, dateOf(expiresAt)),
    ),
    ...describeLimits(`${key}.limits`, caller.limits),
  ];
}

/** `read: * x prod x 0`: the rights where they are named, then what, where and where in it, then which alarms. */
function reachOf({
  rights,
  operations,
  projects,
  enterpriseProjects,
  eventTypes,
  severities,
}: Denial): string {
  const lists = [operations ?? ['*'], projects ?? ['*'], enterpriseProjects ?? ['*']];
  const parts = lists.map((list) => list.join(',') || '-');
  if (eventTypes) parts.push(`event types ${eventTypes.join(',')}`);
  if (severities) parts.push(`severities ${severities.join(',')}`);
  return `${rights ? `${rights.join(',')}: ` : ''}${parts.join(' x ')}`;
}

function describeIssuer({ name, issuer, jwksUrl, audiences, algorithms, types }: IssuerConfig): Setting[] {
  const key = `issuers.${name}`;
  return [
    setting(`${key}.issuer`, issuer),
    // Without its query, which could carry a key of the issuer's.
    setting(`${key}.jwksUrl`, jwksUrl.replace(/\?.*$/, '?...')),
    ...listed(`${key}.audiences`, audiences),
    ...listed(`${key}.algorithms`, algorithms),
    ...listed(`${key}.types`, types),
  ];
}

function describeLimits(key: string, limits: CallerLimits = {}): Setting[] {
  return Object.entries(limits).map(([name, most]) => setting(`${key}.${name}`, most as number));
}

function describeActs({
  limits,
  idempotency,
  background,
  planMs,
  guardRails,
  dropIn,
  signing,
}: Config): Setting[] {
  return [
    ...describeLimits('limits.perCaller', limits.perCaller),
    ...(idempotency
      ? [setting('idempotency.keptMs', idempotency.keptMs), setting('idempotency.joinMs', idempotency.joinMs)]
      : []),
    ...Object.entries(background ?? {}).map(([name, value]) =>
      setting(`background.${name}`, value as number),
    ),
    ...(planMs === undefined ? [] : [setting('planMs', planMs)]),
    ...(guardRails?.version === undefined ? [] : [setting('guardRails.version', guardRails.version)]),
    ...listed('guardRails.off', guardRails?.off),
    ...listed('guardRails.processes', guardRails?.processes),
    ...listed('guardRails.paths', guardRails?.paths),
    ...listed('guardRails.hashes', guardRails?.hashes),
    ...listed('guardRails.hosts', guardRails?.hosts),
    ...(guardRails?.widestLogin
      ? [
          setting('guardRails.widestLogin.ipv4', guardRails.widestLogin.ipv4),
          setting('guardRails.widestLogin.ipv6', guardRails.widestLogin.ipv6),
        ]
      : []),
    ...(dropIn ? [setting('dropIn.passUnknownFields', dropIn.passUnknownFields)] : []),
    ...(signing ? [setting('signing.masterKey', presence(signing.masterKeyFromFile))] : []),
  ];
}

function listed(key: string, values: readonly string[] | undefined): Setting[] {
  return values === undefined ? [] : [setting(key, values.join(', '))];
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
