import { createHash } from 'node:crypto';

import type { KnownProject } from './projects.js';

/** What IAM's calls are answered with (contract 3.1.7, 3.2): the gateway's own account, projects and endpoints. */

const idOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32);

/** The one account that there is to clients; upstream's is none of theirs. */
const DOMAIN = { id: idOf('hss-gateway domain'), name: 'hss-gateway' };

/** A granted project under the name that clients look for. */
export interface NamedProject extends KnownProject {
  readonly name: string;
}

/**
 * Projects under the names of their regions, by which clients look for the only one. Where several are granted in a region, the region's
 * name is that of its default project alone (contract 3.2); the others have the gateway's own name behind it.
 */
export function named(projects: readonly KnownProject[]): NamedProject[] {
  const distinct = [...new Map(projects.map((each) => [each.projectId, each])).values()];
  return distinct.map((known) => {
    const { region, name, projectId } = known.project;
    const isOnly = distinct.filter(({ project }) => project.region === region).length === 1;
    // Its id was looked up by the region's name.
    const isDefault = projectId === undefined;
    return { ...known, name: isOnly || isDefault ? region : `${region}_${name}` };
  });
}

const noMore = (self: string) => ({ next: null, previous: null, self });

/** A project as IAM lists it. */
export type ProjectRow = Readonly<Record<string, unknown>>;

/** @param origin the gateway's own */
export function projectRows(projects: readonly NamedProject[], origin: string): ProjectRow[] {
  return projects.map(({ name, projectId }) => ({
    domain_id: DOMAIN.id,
    is_domain: false,
    parent_id: DOMAIN.id,
    name,
    description: '',
    links: { self: `${origin}/v3/projects/${projectId}` },
    id: projectId,
    enabled: true,
  }));
}

export function projectList(projects: readonly ProjectRow[], origin: string): object {
  return { links: noMore(`${origin}/v3/projects`), projects };
}

export function domainList(origin: string): object {
  return {
    links: noMore(`${origin}/v3/auth/domains`),
    domains: [
      {
        description: '',
        enabled: true,
        id: DOMAIN.id,
        links: { self: `${origin}/v3/domains/${DOMAIN.id}` },
        name: DOMAIN.name,
      },
    ],
  };
}

export function catalogAnswer(projects: readonly NamedProject[], origin: string): object {
  return { catalog: catalogOf(projects, origin), links: noMore(`${origin}/v3/auth/catalog`) };
}

/** Both services, at the gateway. */
function catalogOf(projects: readonly NamedProject[], origin: string): object[] {
  const regions = [...new Set(projects.map(({ project }) => project.region))];
  const endpoint = (region: string, url: string) => ({
    id: idOf(url + region),
    interface: 'public',
    region,
    region_id: region,
    url,
  });
  const service = (type: string, endpoints: object[]) => ({ id: idOf(type), name: type, type, endpoints });
  return [
    service(
      'hss',
      projects.map(({ project, projectId }) => endpoint(project.region, `${origin}/v5/${projectId}`)),
    ),
    service(
      'iam',
      regions.map((region) => endpoint(region, `${origin}/v3`)),
    ),
  ];
}

/** What a token is, beside the token itself. */
interface TokenFacts {
  readonly callerId: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly project?: NamedProject;
  readonly ofDomain: boolean;
  /** Absent: the catalog is not asked for. */
  readonly catalog?: { readonly projects: readonly NamedProject[]; readonly origin: string };
}

export function tokenAnswer({
  callerId,
  issuedAt,
  expiresAt,
  project,
  ofDomain,
  catalog,
}: TokenFacts): object {
  return {
    token: {
      methods: ['password'],
      expires_at: iamTime(expiresAt),
      issued_at: iamTime(issuedAt),
      user: { domain: DOMAIN, id: idOf(callerId), name: callerId, password_expires_at: '' },
      ...(project && { project: { domain: DOMAIN, id: project.projectId, name: project.name } }),
      ...(ofDomain && { domain: DOMAIN }),
      roles: [{ id: '0', name: 'hss-gateway' }],
      ...(catalog && { catalog: catalogOf(catalog.projects, catalog.origin) }),
    },
  };
}

/** Six fractional digits and `Z`. */
function iamTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}
