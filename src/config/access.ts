import { readCallers } from './callers.js';
import { Problems } from './config.error.js';
import type { AccessConfig } from './config.js';
import { configFileOf, type ConfigFile } from './config-file.js';
import { Field } from './field.js';
import { deepFreeze } from './frozen.js';
import { readIssuers } from './issuers.js';

/** Who may call, and by what; `projects` are the names that a grant may give. */
export function accessOf(file: ConfigFile, projects: readonly string[], demo: boolean): AccessConfig {
  const issuers = readIssuers(file.issuers);
  const access = issuers.length > 0 ? { issuers } : {};
  if (!file.callers.given) {
    if (!demo && !file.broken) {
      file.callers.note(
        'none is configured, so nobody could use the gateway: list them in the file that GATEWAY_CONFIG names',
      );
    }
    return { callers: [], ...access };
  }
  const callers = readCallers(file.callers, {
    projects,
    issuers: issuers.map(({ name }) => name),
  });
  return { callers, ...access };
}

/**
 * Reads callers and issuers again from the file's new text, and nothing else: what is wrong in another part of it must not
 * keep a key from being revoked. A grant may name a project that the file has and the running gateway has not yet.
 *
 * @param running names of the projects that the gateway runs with
 * @throws ConfigError with every problem at once
 */
export function rereadAccess(text: string, running: Iterable<string>, demo: boolean): AccessConfig {
  const problems = new Problems();
  const file = configFileOf(text, new Field('GATEWAY_CONFIG', text, problems), problems);
  const access = accessOf(file, [...running, ...namesIn(file.projects.raw)], demo);
  problems.throwIfAny();
  return deepFreeze({ ...access });
}

function namesIn(projects: unknown): string[] {
  if (!Array.isArray(projects)) return [];
  const names = projects.map((project: unknown) =>
    project instanceof Map ? (project.get('name') as unknown) : '',
  );
  return names.filter((name) => typeof name === 'string');
}
