import { Inject, Injectable } from '@nestjs/common';

import { projectsWith } from '../access/grants.js';
import { CONFIG, type Config, type ProjectConfig } from '../config/config.js';
import type { CallContext, Right } from '../domain/caller.js';
import type { Fault } from '../domain/outcome.js';
import { refuse } from '../problems/catalogue.js';
import { problemOfFault } from '../problems/problem.js';
import { UpstreamClient } from '../upstream/index.js';

/** A project of the gateway, with its id at IAM. */
export interface KnownProject {
  readonly project: ProjectConfig;
  readonly projectId: string;
}

/** Projects whose ids are known, and why those of others are not. */
export interface GrantedProjects {
  readonly known: readonly KnownProject[];
  /** Absent: all are known. */
  readonly fault?: Fault;
}

const RIGHTS: readonly Right[] = ['read', 'act'];

/** Finds the gateway's projects by what upstream's clients call them. */
@Injectable()
export class Projects {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly upstream: UpstreamClient,
  ) {}

  /**
   * The gateway's name of a project; where several share an id, the first that the caller has the right in.
   *
   * @throws Problem 403, and where its id has yet to be looked up, what keeps it from being known
   */
  async nameOf(projectId: string, right: Right, context: CallContext): Promise<string> {
    const all = [...this.config.projects.values()];
    const configured = all.filter((project) => project.projectId === projectId);
    const found = configured.length > 0 ? configured : await this.#lookedUp(projectId, right, context);
    const names = found.map(({ name }) => name);
    const [name = names[0]] = projectsWith(context.caller, right, names);
    if (name === undefined) throw refuse('project_unavailable', 'not_configured');
    return name;
  }

  /** Those that a caller may read or act in, as far as their ids are known. */
  async grantedTo(context: CallContext): Promise<GrantedProjects> {
    const names = [...this.config.projects.keys()];
    const granted = new Set(RIGHTS.flatMap((right) => projectsWith(context.caller, right, names)));
    const projects = [...this.config.projects.values()].filter(({ name }) => granted.has(name));
    return this.#identified(projects, context);
  }

  async #lookedUp(projectId: string, right: Right, context: CallContext): Promise<ProjectConfig[]> {
    const projects = [...this.config.projects.values()];
    const own = new Set(projectsWith(context.caller, right, this.config.projects.keys()));
    const candidates = projects.filter((each) => each.projectId === undefined && own.has(each.name));
    const { known, fault } = await this.#identified(candidates, context);
    const found = known.filter((each) => each.projectId === projectId);
    if (found.length === 0 && fault) throw problemOfFault(fault);
    return found.map(({ project }) => project);
  }

  async #identified(projects: readonly ProjectConfig[], context: CallContext): Promise<GrantedProjects> {
    const known: KnownProject[] = [];
    let fault: Fault | undefined;
    for (const project of projects) {
      const projectId = await this.upstream.projectId(project, context);
      if (typeof projectId === 'string') known.push({ project, projectId });
      else fault ??= projectId;
    }
    return { known, ...(fault && { fault }) };
  }
}
