import type { Domain, Project } from '../account.js';
import type { Answer } from '../exchange.js';
import { catalogAt, originOf } from './catalog.js';
import { answer, callerOf, type IamCall } from './iam-calls.js';

/** What IAM says of the caller's account: its projects, the account itself, and the services it has. */

const ORIGIN = 'https://iam.simulated.invalid';

/** Of an answer that is a single page. */
const linksTo = (path: string): object => ({ self: `${ORIGIN}${path}`, previous: null, next: null });

function showProject(project: Project, domain: Domain): object {
  return {
    id: project.id,
    name: project.region,
    domain_id: domain.id,
    parent_id: domain.id,
    enabled: true,
    is_domain: false,
    description: '',
    links: { self: `${ORIGIN}/v3/projects/${project.id}` },
  };
}

/** A sub-project's name starts with its region, and its id is made from the region's own project (contract 3.2). */
function subProjectOf(project: Project): Project {
  return { id: project.id.split('').reverse().join(''), region: `${project.region}_dev` };
}

/** `GET /v3/projects?name=`: the projects of the caller's account, all of them without a name. */
export function listProjects({ state, request }: IamCall): Answer {
  const { domain } = callerOf(state, request);
  const name = request.query.get('name') ?? '';
  const found = domain.projects.filter((project) => name === '' || project.region === name);
  const lookup = state.settings.projectLookup;
  const shown = lookup === 'zero' ? [] : lookup === 'one' ? found : [...found, ...found.map(subProjectOf)];
  return answer(200, {
    links: linksTo('/v3/projects'),
    projects: shown.map((project) => showProject(project, domain)),
  });
}

/** `GET /v3/auth/domains`: the caller's account; clients that look for a project go on to it (contract 3.2). */
export function listDomains({ state, request }: IamCall): Answer {
  const { id, name } = callerOf(state, request).domain;
  const domain = { id, name, enabled: true, description: '', links: { self: `${ORIGIN}/v3/domains/${id}` } };
  return answer(200, { domains: [domain], links: linksTo('/v3/auth/domains') });
}

/** `GET /v3/auth/catalog`: both services are this simulator, in the form of the catalog of a token (contract 3.1.7). */
export function showCatalog({ state, request }: IamCall): Answer {
  callerOf(state, request);
  const catalog = catalogAt(originOf(request), 'hss', 'iam');
  return answer(200, { catalog, links: linksTo('/v3/auth/catalog') });
}
