import type { Flattened, Value } from './schema-language.js';
import type { SIGNING_ALGORITHMS } from './schema.callers.js';
import type { SETTINGS } from './schema.js';
import type { PROJECT } from './schema.projects.js';

/** Under which the configuration is injected. */
export const CONFIG = Symbol('Config');

type Settings = Value<typeof SETTINGS>;
type Defined<T> = Exclude<T, undefined>;
type Item<T> = Defined<T> extends readonly (infer I)[] ? I : never;

/**
 * Everything the gateway is configured with: read once, frozen, passed on as a value. Durations in milliseconds, keys by their
 * digests. `schema.ts` says what each part means, and what it is where nothing is given.
 */
export interface Config extends Omit<Settings, 'demo' | 'database' | 'projects' | 'callers'> {
  /** The simulator runs in this process and a demo caller exists. */
  readonly demo: boolean;
  readonly database: DatabaseConfig;
  /** By name; at least one, except in demo mode until `withDemo` has added the simulated one. */
  readonly projects: ReadonlyMap<string, ProjectConfig>;
  readonly callers: readonly CallerConfig[];
  /** In demo mode: the caller that is in no file, and stays when callers are read again. */
  readonly demoCaller?: CallerConfig;
}

type Database = Settings['database'];
export type DatabaseConfig =
  { readonly kind: 'embedded'; readonly path: string } | Flattened<{ readonly kind: 'postgres' } & Database>;

/** One cloud project that operations can act on, with what it takes from the variables and from the table of regions. */
type Written = Value<typeof PROJECT>;
type Resolved = 'hssEndpoint' | 'iamEndpoint' | 'enterpriseProjectId' | 'credentials';
export type ProjectConfig = Flattened<Omit<Written, Resolved> & Required<Pick<Written, Resolved>>>;

/** How the gateway authenticates to upstream for one project. */
export type CredentialsConfig = Defined<Written['credentials']>;
/** An IAM user, whose token is sent; with an agency, the token that the agency gives to that user's. */
export type PasswordCredentials = Extract<CredentialsConfig, { readonly kind: 'password' }>;
/** An agency of another account that delegates to ours (contract 3.1.5). */
export type AgencyConfig = Defined<PasswordCredentials['agency']>;
/** An access key that requests are signed with (contract 4). */
export type AccessKeyCredentials = Extract<CredentialsConfig, { readonly kind: 'aksk' }>;

/** One internal app. */
export type CallerConfig = Item<Settings['callers']>;
export type KeyConfig = Item<CallerConfig['keys']>;
export type SigningKeyConfig = Item<CallerConfig['signingKeys']>;
/** Fits a token of this issuer that carries every one of these claims. */
export type TokenRuleConfig = Item<CallerConfig['tokens']>;
export type ClaimConfig = Item<TokenRuleConfig['claims']>;
export type IssuerConfig = Item<Settings['issuers']>;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** Who may call, and by what: the part of the configuration that is read again while the gateway runs. */
export type AccessConfig = Pick<Config, 'callers' | 'issuers'>;

/** What is given the records of the audit trail. */
export type SinkConfig = Item<Settings['audit']['sinks']>;
export type FileSinkConfig = Extract<SinkConfig, { readonly kind: 'file' }>;
export type WebhookSinkConfig = Extract<SinkConfig, { readonly kind: 'webhook' }>;

/** What is shown the checkpoints of the audit trail. */
export type WitnessConfig = Item<Settings['audit']['witnesses']>;
export type FileWitnessConfig = Extract<WitnessConfig, { readonly kind: 'file' }>;
export type HttpWitnessConfig = Extract<WitnessConfig, { readonly kind: 'http' }>;

export type GuardRailsConfig = Config['guardRails'];
export type ShutdownConfig = Config['shutdown'];
export type UpstreamConfig = Config['upstream'];
export type LogLevel = Config['logLevel'];
export type LogFormat = Defined<Config['logFormat']>;
