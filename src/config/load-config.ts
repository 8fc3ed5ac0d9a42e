import { accessOf } from './access.js';
import { readBackground, readDropIn, readGuardRails, readIdempotency, readPlans } from './acts.js';
import { Problems } from './config.error.js';
import type { Config, LogFormat } from './config.js';
import { LOG_FORMATS, LOG_LEVELS } from './config.js';
import { readConfigFile } from './config-file.js';
import { noteGoneTooSoon, readDatabase } from './database.js';
import { Environment, type ConfigSource } from './environment.js';
import { HOST } from './formats.js';
import { deepFreeze } from './frozen.js';
import { readLimits, readShutdown, readUpstream } from './limits.js';
import { allowedOriginsOf, trustedProxiesOf } from './neighbours.js';
import { readProjects } from './projects.js';

const PORTS = { min: 0, max: 65_535 };

/**
 * Reads the environment and the YAML file that `GATEWAY_CONFIG` names into one deeply frozen `Config`.
 *
 * Throws a `ConfigError` that holds every problem at once and no value of any setting. In demo mode `projects` and `callers`
 * may come back empty: see `withDemo`.
 */
export function loadConfig(source: ConfigSource): Config {
  const problems = new Problems();
  const environment = new Environment(source, problems);
  environment.noteMisspelt();
  const mode = readMode(environment);
  const file = readConfigFile(environment, source.readFile, problems);
  const projects = readProjects(environment, file, source.readFile);
  const demo = readDemo(environment, mode, projects.size > 0);
  if (!demo && projects.size === 0 && !file.broken) problems.add('projects', noProjects(mode));
  const config: Config = {
    environment: mode,
    demo,
    listen: {
      host: environment.field('HOST').text(HOST, '127.0.0.1'),
      port: environment.field('PORT').integer(PORTS, 3_000),
      ...trustedProxiesOf(environment),
      ...allowedOriginsOf(environment),
    },
    database: readDatabase(environment),
    projects,
    ...accessOf(file, [...projects.keys()], demo),
    ...fileOf(environment),
    limits: readLimits(file.limits, environment),
    upstream: readUpstream(file.upstream, environment),
    shutdown: readShutdown(environment),
    idempotency: readIdempotency(file.idempotency),
    background: readBackground(file.background),
    planMs: readPlans(file.plans),
    guardRails: readGuardRails(file.guardRails),
    dropIn: readDropIn(file.dropIn),
    ...signingOf(environment),
    logLevel: environment.field('LOG_LEVEL').oneOf(LOG_LEVELS, 'info'),
    ...logFormatOf(environment),
    docs: environment.field('GATEWAY_DOCS').flag(true),
  };
  if (!config.signing && config.callers.some(({ signingKeys }) => signingKeys)) {
    environment.note(
      'GATEWAY_SIGNING_MASTER_KEY',
      'is missing, and callers have signing keys: set GATEWAY_SIGNING_MASTER_KEY_FILE',
    );
  }
  noteGoneTooSoon(config, environment);
  problems.throwIfAny();
  return deepFreeze(config);
}

function logFormatOf(environment: Environment): { logFormat?: LogFormat } {
  const setting = environment.field('LOG_FORMAT');
  return setting.given ? { logFormat: setting.oneOf(LOG_FORMATS) } : {};
}

/** A misspelt `production` must not start a gateway in development mode, which may be a demo. */
function readMode(environment: Environment): Config['environment'] {
  const mode = environment.field('NODE_ENV').oneOf(['production', 'development', 'test'], 'development');
  return mode === 'production' ? 'production' : 'development';
}

function readDemo(environment: Environment, mode: Config['environment'], configured: boolean): boolean {
  const wish = environment.field('GATEWAY_DEMO');
  const demo = wish.flag(!configured && mode === 'development');
  if (demo && mode === 'production') wish.note('is refused when NODE_ENV is production: unset it');
  return demo;
}

function noProjects(mode: Config['environment']): string {
  const remedy = 'set HSS_REGION, or list projects in the file that GATEWAY_CONFIG names';
  return `none is configured: ${remedy}${mode === 'production' ? '' : ', or set GATEWAY_DEMO=1'}`;
}

function fileOf(environment: Environment): { file?: string } {
  const { given, raw } = environment.field('GATEWAY_CONFIG');
  return given && typeof raw === 'string' ? { file: raw } : {};
}

/** Shorter ones could be guessed from a single signed request. */
const SHORTEST_MASTER_KEY = 32;

/** The master key alone, for the program that issues key pairs. @throws ConfigError when there is none */
export function signingMasterKey(source: ConfigSource): string {
  const problems = new Problems();
  const { signing } = signingOf(new Environment(source, problems));
  if (!signing) {
    problems.add(
      'GATEWAY_SIGNING_MASTER_KEY',
      'is missing: set GATEWAY_SIGNING_MASTER_KEY_FILE to a file that holds it',
    );
  }
  problems.throwIfAny();
  return signing?.masterKey ?? '';
}

function signingOf(environment: Environment): Pick<Config, 'signing'> {
  const secret = environment.secret('GATEWAY_SIGNING_MASTER_KEY');
  if (!secret) return {};
  if (secret.value !== '' && secret.value.length < SHORTEST_MASTER_KEY) {
    environment.note(
      'GATEWAY_SIGNING_MASTER_KEY',
      `must have ${SHORTEST_MASTER_KEY} characters or more: make it with openssl rand -base64 48`,
    );
  }
  return {
    signing: { masterKey: secret.value, ...(secret.file !== undefined && { masterKeyFromFile: true }) },
  };
}
