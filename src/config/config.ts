import type { CallerLimits, Denial, Grant } from '../domain/caller.js';

/** Under which the configuration is injected. */
export const CONFIG = Symbol('Config');

/** Everything the gateway was told at start: parsed once, frozen, passed on as a value. Durations in milliseconds. */
export interface Config {
  readonly environment: 'development' | 'production';
  /** The simulator runs in this process and a demo caller exists. */
  readonly demo: boolean;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    /** Whose `X-Forwarded-For` is believed: addresses or CIDR ranges; absent: nobody's. */
    readonly trustedProxies?: readonly string[];
    /** Whose pages may read answers in a browser, as browsers name them; absent: no other's. */
    readonly allowedOrigins?: readonly string[];
  };
  readonly database: DatabaseConfig;
  /** By name; at least one, except in demo mode until `withDemo` has added the simulated one. */
  readonly projects: ReadonlyMap<string, ProjectConfig>;
  readonly callers: readonly CallerConfig[];
  /** Whose tokens callers may present; absent: nobody's. */
  readonly issuers?: readonly IssuerConfig[];
  /** The YAML file, from which callers and issuers are read again when it changes. */
  readonly file?: string;
  /** In demo mode: the caller that is in no file, and stays when callers are read again. */
  readonly demoCaller?: CallerConfig;
  readonly limits: LimitsConfig;
  /** Absent: as the documentation says. */
  readonly idempotency?: IdempotencyConfig;
  /** Absent: as the documentation says. */
  readonly background?: BackgroundConfig;
  /** How long a plan can be applied; absent: as the documentation says. */
  readonly planMs?: number;
  /** Absent: what is built in. */
  readonly guardRails?: GuardRailsConfig;
  readonly dropIn?: DropInConfig;
  /** Absent: nobody can sign requests. */
  readonly signing?: SigningConfig;
  readonly upstream: UpstreamConfig;
  readonly shutdown: ShutdownConfig;
  readonly logLevel: LogLevel;
  /** Absent: for people at a terminal, for programs elsewhere. */
  readonly logFormat?: LogFormat;
  /** Whether `/docs` is served. */
  readonly docs: boolean;
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export type DatabaseConfig =
  | { readonly kind: 'embedded'; readonly path: string }
  | {
      readonly kind: 'postgres';
      /** Holds a password: not for logs. */
      readonly url: string;
      readonly urlFromFile?: boolean;
      /** How long after its last sign of life a gateway that shares the database counts as gone; absent: 30 seconds. */
      readonly goneAfterMs?: number;
    };

/** One cloud project that operations can act on. */
export interface ProjectConfig {
  /** What callers call it. */
  readonly name: string;
  readonly region: string;
  /** IAM project id; absent: IAM is asked for the project that has the region's name (contract 3.2). */
  readonly projectId?: string;
  /** Origins without a trailing slash. */
  readonly hssEndpoint: string;
  readonly iamEndpoint: string;
  readonly credentials: CredentialsConfig;
  /** Enterprise project of operations that name none. */
  readonly enterpriseProjectId: string;
}

/** How the gateway proves itself to upstream for one project. */
export type CredentialsConfig = PasswordCredentials | AccessKeyCredentials | MetadataCredentials;

/** An IAM user, whose token is sent; with an agency, the token that the agency gives to that user's. */
export interface PasswordCredentials {
  readonly kind: 'password';
  /** Name of the account that the user belongs to. */
  readonly domainName: string;
  readonly userName: string;
  readonly password: string;
  /** The file the password was read from, and is read from again. */
  readonly passwordFile?: string;
  readonly agency?: AgencyConfig;
}

/** An agency of another account that delegates to ours (contract 3.1.5). */
export interface AgencyConfig {
  readonly name: string;
  /** Name of the account that delegates. */
  readonly domainName: string;
}

/** An access key that requests are signed with (contract 4). */
export interface AccessKeyCredentials {
  readonly kind: 'aksk';
  readonly ak: string;
  readonly sk: string;
  /** Belongs to a temporary key. */
  readonly securityToken?: string;
  /** The files that the parts were read from, and are read from again. */
  readonly akFile?: string;
  readonly skFile?: string;
  readonly securityTokenFile?: string;
}

/** Temporary access keys of the server that the gateway runs on, from its metadata service (contract 3.4). */
export interface MetadataCredentials {
  readonly kind: 'ecs-metadata';
  /** Origin without a trailing slash; link-local or loopback. */
  readonly endpoint: string;
}

/** One internal app. */
export interface CallerConfig {
  readonly id: string;
  readonly keys: readonly KeyConfig[];
  /** Tokens that are this caller's: those that one of the rules fits. */
  readonly tokens?: readonly TokenRuleConfig[];
  readonly grants: readonly Grant[];
  readonly denials?: readonly Denial[];
  /** Whether it may name the human behind a request. */
  readonly onBehalfOf?: boolean;
  /** Addresses or CIDR ranges it may call from, by whatever credential; absent: all. */
  readonly from?: readonly string[];
  /** Key pairs for signed requests. */
  readonly signingKeys?: readonly SigningKeyConfig[];
  readonly limits?: CallerLimits;
}

/** A key as it is stored: never itself, only its digest. */
export interface KeyConfig {
  /** Lower-case hex SHA-256 of the whole key. */
  readonly sha256: string;
  /** What it is called in records; absent: the first eight characters of its digest. */
  readonly id?: string;
  /** Epoch milliseconds from which it is refused; absent: never. */
  readonly expiresAt?: number;
  /** Addresses or CIDR ranges it may be used from; absent: all. */
  readonly from?: readonly string[];
}

/** Fits a token of this issuer that carries every one of these claims. */
export interface TokenRuleConfig {
  /** Name of an issuer. */
  readonly issuer: string;
  readonly claims: readonly ClaimConfig[];
}

/** A claim that is this text, or a list with this text in it. */
export interface ClaimConfig {
  readonly name: string;
  readonly value: string;
}

/** Signs tokens that the gateway believes. */
export interface IssuerConfig {
  /** What callers' token rules call it. */
  readonly name: string;
  /** The `iss` of its tokens, to the letter. */
  readonly issuer: string;
  /** Where it publishes its public keys. */
  readonly jwksUrl: string;
  /** A token must be meant for one of them. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly SigningAlgorithm[];
  /** Allowed `typ`, lower case and without `application/`. */
  readonly types: readonly string[];
}

/** With a public key to verify: what a secret shared with the issuer would sign is never believed. */
export const SIGNING_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** Who may call, and by what: the part of the configuration that is read again while the gateway runs. */
export type AccessConfig = Pick<Config, 'callers' | 'issuers'>;

export interface IdempotencyConfig {
  /** How long a key stands for its operation. */
  readonly keptMs: number;
  /** How long after it began a request joins one like it that still runs; 0: never. */
  readonly joinMs: number;
}

/** Operations whose callers do not wait for them. */
export interface BackgroundConfig {
  /** How many run at once; one more of those that take something back. */
  readonly operationsAtOnce: number;
  /** How long one may take, from its intent on; nothing more is sent then. */
  readonly deadlineMs: number;
  /** How often those who follow an operation hear that nothing is new. */
  readonly heartbeatMs: number;
}

/** What is changed of the built-in guard rails. */
export interface GuardRailsConfig {
  /** The operator's own, shown with refusals. */
  readonly version?: string;
  /** Names of rails that are switched off. */
  readonly off?: readonly string[];
  /** File names, in which `*` stands for anything. */
  readonly processes?: readonly string[];
  readonly paths?: readonly string[];
  readonly hashes?: readonly string[];
  /** Agent ids. */
  readonly hosts?: readonly string[];
  /** The widest range that logins may be trusted from, by the length of its prefix. */
  readonly widestLogin?: { readonly ipv4: number; readonly ipv6: number };
}

/** The route that speaks upstream's own contract. */
export interface DropInConfig {
  /** Whether members of the body that the gateway does not know travel upstream. */
  readonly passUnknownFields: boolean;
}

export interface SigningConfig {
  /** Secrets of access keys are derived from it. */
  readonly masterKey: string;
  readonly masterKeyFromFile?: boolean;
}

/** An access key pair that was issued to a caller. */
export interface SigningKeyConfig {
  readonly id: string;
  /** Epoch milliseconds from which it is refused; absent: never. */
  readonly expiresAt?: number;
  /** Addresses or CIDR ranges it may be used from; absent: all. */
  readonly from?: readonly string[];
}

export interface LimitsConfig {
  /** For callers without limits of their own; absent: none. */
  readonly perCaller?: CallerLimits;
  readonly alarmsPerRequest: number;
  readonly bodyBytes: number;
  /** How long a request's body may take to arrive. */
  readonly requestMs: number;
  /** Mean delay of the event loop, over a second, above which requests are turned away; 0: never. */
  readonly maxEventLoopDelayMs: number;
  /** Operations followed at once, by all callers together. */
  readonly followers: number;
}

export interface ShutdownConfig {
  /** How long connections are still accepted after readiness is off, so that load balancers can notice. */
  readonly drainDelayMs: number;
  /** How long what is under way may take then; what is not done by that time is recorded as interrupted. */
  readonly drainMs: number;
}

export interface UpstreamConfig {
  /** The longest one operation may take, and what it takes when the caller asks for nothing. */
  readonly deadlineMs: number;
  readonly attemptTimeoutMs: number;
  readonly maxAttempts: number;
  readonly connections: number;
  /** How long upstream may still carry out a request whose answer was lost; only then is an unchanged alarm believed. */
  readonly settleQuietMs: number;
  /** When looking for the outcome of such a request ends, and it stays unknown. */
  readonly settleGiveUpMs: number;
  /** Of which operations upstream's state is read before and after they are sent. */
  readonly verify: 'always' | 'destructive' | 'never';
}
