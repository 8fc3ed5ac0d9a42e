import type { Domain, Identity } from '../account.js';
import type { Token } from './token-store.js';

/** The body that goes with a token (contract 3.1.7). */

/** Six fractional digits and `Z`. */
export function iamTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}

function showDomain(domain: Domain): object {
  return { id: domain.id, name: domain.name };
}

function showUser(identity: Identity): object {
  return {
    domain: showDomain(identity.domain),
    id: identity.user.id,
    name: identity.user.name,
    password_expires_at: '',
  };
}

function catalog(host: string, projectId: string): object[] {
  return ['hss', 'iam', 'ecs'].map((name) => ({
    id: `catalog-${name}`,
    name,
    type: name,
    endpoints: [
      {
        id: `endpoint-${name}`,
        interface: 'public',
        region: '*',
        region_id: '*',
        url: `http://${host}/v5/${projectId}`,
      },
    ],
  }));
}

export function showToken(token: Token, withCatalog: boolean, host: string): object {
  const { identity, project, domain, assumedBy } = token;
  return {
    token: {
      methods: token.methods,
      expires_at: iamTime(token.expiresAt),
      issued_at: iamTime(token.issuedAt),
      user: showUser(identity),
      ...(assumedBy && { assumed_by: { user: showUser(assumedBy) } }),
      ...(project && {
        project: { domain: showDomain(identity.domain), id: project.id, name: project.region },
      }),
      ...(domain && { domain: showDomain(domain) }),
      roles: [
        { id: '0', name: 'te_admin' },
        { id: '0', name: 'hss_admin' },
      ],
      ...(withCatalog && { catalog: catalog(host, project?.id ?? '') }),
    },
  };
}
