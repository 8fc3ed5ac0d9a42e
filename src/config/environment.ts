import { readFileSync } from 'node:fs';
import type { Problems } from './config.error.js';
import { Field, type Format } from './field.js';
import { problemOfVariable } from './misspelt.js';
import { readSecret, type Secret } from './secret.js';

/** Where a configuration comes from. */
export interface ConfigSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
}

/** The process's own environment and files. */
export function readEnvironment(): ConfigSource {
  return { environment: { ...process.env }, readFile: (path) => readFileSync(path, 'utf8') };
}

/** Each may also be given as a file, under its name with `_FILE` at the end. */
export const SECRET_VARIABLES = [
  'IAM_PASSWORD',
  'HSS_AK',
  'HSS_SK',
  'HSS_SECURITY_TOKEN',
  'GATEWAY_DATABASE_URL',
  'GATEWAY_SIGNING_MASTER_KEY',
] as const;

/** Every other variable the gateway reads. */
export const PLAIN_VARIABLES = [
  'NODE_ENV',
  'PORT',
  'HOST',
  'LOG_LEVEL',
  'LOG_FORMAT',
  'HSS_REGION',
  'HSS_PROJECT_ID',
  'HSS_ENDPOINT',
  'HSS_AUTH',
  'HSS_ENTERPRISE_PROJECT_ID',
  'IAM_ENDPOINT',
  'IAM_DOMAIN_NAME',
  'IAM_USER_NAME',
  'IAM_AGENCY_NAME',
  'IAM_AGENCY_DOMAIN_NAME',
  'GATEWAY_CONFIG',
  'GATEWAY_DEMO',
  'GATEWAY_DOCS',
  'GATEWAY_PROJECT_NAME',
  'GATEWAY_TRUSTED_PROXIES',
  'GATEWAY_ALLOWED_ORIGINS',
  'GATEWAY_ALLOW_INSECURE_ENDPOINTS',
  'GATEWAY_MAX_ALARMS',
  'GATEWAY_MAX_BODY_BYTES',
  'GATEWAY_REQUEST_MS',
  'GATEWAY_DEADLINE_MS',
  'GATEWAY_ATTEMPT_TIMEOUT_MS',
  'GATEWAY_MAX_EVENT_LOOP_DELAY_MS',
  'GATEWAY_DRAIN_DELAY_MS',
  'GATEWAY_DRAIN_MS',
  'GATEWAY_REPLICA_GONE_MS',
  'GATEWAY_VERIFY',
] as const;

const KNOWN: readonly string[] = [
  ...PLAIN_VARIABLES,
  ...SECRET_VARIABLES.flatMap((name) => [name, `${name}_FILE`]),
];

type SecretVariable = (typeof SECRET_VARIABLES)[number];
type PlainVariable = (typeof PLAIN_VARIABLES)[number];

/** The variables as fields, so that they are read and complained about like the YAML file's. */
export class Environment {
  constructor(
    private readonly source: ConfigSource,
    private readonly problems: Problems,
  ) {}

  field(name: PlainVariable): Field {
    return this.at(name);
  }

  /** Whether a secret's variable, or that of its file, is set. */
  gives(name: SecretVariable): boolean {
    return this.at(name).given || this.at(`${name}_FILE`).given;
  }

  note(name: PlainVariable | SecretVariable, problem: string): void {
    this.problems.add(name, problem);
  }

  /** A secret from its variable or from the file that `<name>_FILE` names; undefined when neither gives one. */
  secret(name: SecretVariable, format?: Format): Secret | undefined {
    return readSecret(this.at(name), this.at(`${name}_FILE`), this.source.readFile, format);
  }

  /** Names that were meant for this program, and that it does not know. */
  noteMisspelt(): void {
    for (const [name, value] of Object.entries(this.source.environment)) {
      const problem = this.at(name).given && problemOfVariable(name, value ?? '', KNOWN);
      if (problem) this.problems.add(name, problem);
    }
  }

  private at(name: string): Field {
    return new Field(name, this.source.environment[name], this.problems);
  }
}
