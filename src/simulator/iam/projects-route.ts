import type { Domain, Project } from '../account.js';
import type { Answer, SimulatorRequest } from '../exchange.js';
import type { World } from '../world.js';
import { callerOf } from './caller.js';

function showProject(project: Project, domain: Domain, origin: string): object {
  return {
    id: project.id,
    name: project.region,
    domain_id: domain.id,
    parent_id: domain.id,
    enabled: true,
    is_domain: false,
    description: '',
    links: { self: `${origin}/v3/projects/${project.id}` },
  };
}

/** A sub-project's name starts with its region, and its id is made from the region's own project (contract 3.2). */
function subProjectOf(project: Project): Project {
  return { id: project.id.split('').reverse().join(''), region: `${project.region}_dev` };
}

/** `GET /v3/projects?name=`: the projects of the caller's account, all of them without a name. */
export function listProjects(world: World, request: SimulatorRequest): Answer {
  const { domain } = callerOf(world, request);
  const name = request.query.get('name') ?? '';
  const found = domain.projects.filter((project) => name === '' || project.region === name);
  const lookup = world.settings.projectLookup;
  const shown = lookup === 'zero' ? [] : lookup === 'one' ? found : [...found, ...found.map(subProjectOf)];
  const origin = 'https://iam.simulated.invalid';
  const body = {
    links: { self: `${origin}/v3/projects`, previous: null, next: null },
    projects: shown.map((project) => showProject(project, domain, origin)),
  };
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json; charset=UTF-8' },
    body: JSON.stringify(body),
  };
}
