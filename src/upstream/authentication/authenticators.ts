import { createHash } from 'node:crypto';

import type { PasswordCredentials, ProjectConfig } from '../../config/config.js';
import { ConfiguredKey, SigningAuthenticator } from './access-key.js';
import type { AuthDependencies, Authenticator } from './authenticator.js';
import { IamAccount, TokenAuthenticator } from './iam-account.js';
import { MetadataKey } from './metadata-key.js';

/** By name of the project: each has an authenticator of its own. */
export function authenticatorsOf(
  projects: Iterable<ProjectConfig>,
  dependencies: AuthDependencies,
): ReadonlyMap<string, Authenticator> {
  const accounts = new Map<string, IamAccount>();
  return new Map(
    [...projects].map((project) => [project.name, authenticatorOf(project, accounts, dependencies)]),
  );
}

function authenticatorOf(
  project: ProjectConfig,
  accounts: Map<string, IamAccount>,
  dependencies: AuthDependencies,
): Authenticator {
  const { credentials } = project;
  if (credentials.kind === 'password') {
    const account = accountOf(project.iamEndpoint, credentials, accounts, dependencies);
    return new TokenAuthenticator(project, credentials.agency, account, dependencies);
  }
  const source =
    credentials.kind === 'aksk'
      ? new ConfiguredKey(credentials, dependencies)
      : new MetadataKey(credentials.endpoint, project.name, dependencies);
  return new SigningAuthenticator(source, project, dependencies);
}

function accountOf(
  iamEndpoint: string,
  credentials: PasswordCredentials,
  accounts: Map<string, IamAccount>,
  dependencies: AuthDependencies,
): IamAccount {
  const { domainName, userName, password, passwordFile } = credentials;
  // The same user with another password has failures of its own.
  const secret = passwordFile ?? createHash('sha256').update(password).digest('hex');
  const key = JSON.stringify([iamEndpoint, domainName, userName, secret]);
  const known = accounts.get(key);
  if (known) return known;
  const account = new IamAccount(iamEndpoint, credentials, dependencies);
  accounts.set(key, account);
  return account;
}
