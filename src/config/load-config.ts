import { readCallers } from './callers.js';
import { Problems } from './config.error.js';
import type { CallerConfig, Config } from './config.js';
import { LOG_LEVELS } from './config.js';
import { readConfigFile, type ConfigFile } from './config-file.js';
import { readDatabase } from './database.js';
import { Environment, type ConfigSource } from './environment.js';
import { HOST } from './formats.js';
import { deepFreeze } from './frozen.js';
import { readLimits, readShutdown, readUpstream } from './limits.js';
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
    },
    database: readDatabase(environment),
    projects,
    callers: callersOf(file, [...projects.keys()], demo),
    limits: readLimits(file.limits, environment),
    upstream: readUpstream(file.upstream, environment),
    shutdown: readShutdown(environment),
    logLevel: environment.field('LOG_LEVEL').oneOf(LOG_LEVELS, 'info'),
    docs: environment.field('GATEWAY_DOCS').flag(true),
  };
  problems.throwIfAny();
  return deepFreeze(config);
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

function callersOf(file: ConfigFile, projects: readonly string[], demo: boolean): CallerConfig[] {
  if (file.callers.given) return readCallers(file.callers, projects);
  if (!demo && !file.broken) {
    file.callers.note(
      'none is configured, so nobody could use the gateway: list them in the file that GATEWAY_CONFIG names',
    );
  }
  return [];
}
