import type { Grant } from '../domain/caller.js';

/** Under which the configuration is injected. */
export const CONFIG = Symbol('Config');

/** Everything the gateway was told at start: parsed once, frozen, passed on as a value. Durations in milliseconds. */
export interface Config {
  readonly environment: 'development' | 'production';
  /** The simulator runs in this process and a demo caller exists. */
  readonly demo: boolean;
  readonly listen: { readonly host: string; readonly port: number };
  readonly database: DatabaseConfig;
  /** By name; at least one, except in demo mode until `withDemo` has added the simulated one. */
  readonly projects: ReadonlyMap<string, ProjectConfig>;
  readonly callers: readonly CallerConfig[];
  readonly limits: LimitsConfig;
  readonly upstream: UpstreamConfig;
  readonly shutdown: ShutdownConfig;
  readonly logLevel: LogLevel;
  /** Whether `/docs` is served. */
  readonly docs: boolean;
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type DatabaseConfig =
  | { readonly kind: 'embedded'; readonly path: string }
  | {
      readonly kind: 'postgres';
      /** Holds a password: not for logs. */
      readonly url: string;
      readonly urlFromFile?: boolean;
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
  readonly grants: readonly Grant[];
}

/** A key as it is stored: never itself, only its digest. */
export interface KeyConfig {
  /** Lower-case hex SHA-256 of the whole key. */
  readonly sha256: string;
  /** Epoch milliseconds from which it is refused; absent: never. */
  readonly expiresAt?: number;
}

export interface LimitsConfig {
  readonly alarmsPerRequest: number;
  readonly bodyBytes: number;
  /** Mean delay of the event loop, over a second, above which requests are turned away; 0: never. */
  readonly maxEventLoopDelayMs: number;
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
}
