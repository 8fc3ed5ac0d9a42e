import type { CallerConfig, Config, ProjectConfig } from './config.js';
import { deepFreeze } from './frozen.js';

/** What the demo adds: the simulated project, and a caller whose key is printed at start. */
export interface Demo {
  readonly project: ProjectConfig;
  readonly caller: CallerConfig;
}

/**
 * The configuration with the demo's project and caller, frozen again.
 *
 * Throws when the configuration is not a demo's, when a name is taken, and when the demo caller, whose key is no secret, could
 * act on a project that is not the simulated one.
 */
export function withDemo(config: Config, { project, caller }: Demo): Config {
  if (!config.demo) throw new Error('the configuration is not in demo mode: set GATEWAY_DEMO=1');
  if (config.projects.has(project.name))
    throw new Error('a configured project has the name of the demo project');
  if (config.callers.some(({ id }) => id === caller.id))
    throw new Error('a configured caller has the id of the demo caller');
  const reach = caller.grants.flatMap(({ projects }) => projects);
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
