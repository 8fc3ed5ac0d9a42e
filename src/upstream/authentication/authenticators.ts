import { createHash } from 'node:crypto';

import type { PasswordCredentials, ProjectConfig } from '../../config/config.js';
import { Agency } from './agency.js';
import type { Authenticator } from './authenticator.js';
import { ConfiguredKey } from './configured-key.js';
import { IamAccount, keepToken } from './iam-account.js';
import { KeyProver } from './key-prover.js';
import { MetadataKey } from './metadata-key.js';
import { ProjectLookup } from './project-lookup.js';
import { SigningAuthenticator } from './signing-authenticator.js';
import type { AuthDependencies } from './dependencies.js';
import { TokenAuthenticator } from './token-authenticator.js';
import { scopeOf } from './token-request.js';

/** By name of the project: each has an authenticator of its own. */
export function authenticatorsOf(
  projects: Iterable<ProjectConfig>,
  surroundings: AuthDependencies,
): ReadonlyMap<string, Authenticator> {
  const accounts = new Map<string, IamAccount>();
  return new Map(
    [...projects].map((project) => [project.name, authenticatorOf(project, accounts, surroundings)]),
  );
}

function authenticatorOf(
  project: ProjectConfig,
  accounts: Map<string, IamAccount>,
  surroundings: AuthDependencies,
): Authenticator {
  const { credentials } = project;
  if (credentials.kind === 'password') {
    const account = accountOf(project.iamEndpoint, credentials, accounts, surroundings);
    return tokenAuthenticator(project, credentials, account, surroundings);
  }
  const source =
    credentials.kind === 'aksk'
      ? new ConfiguredKey(credentials, surroundings)
      : new MetadataKey(credentials.endpoint, project.name, surroundings);
  const prover = new KeyProver(source, project.name, surroundings);
  return new SigningAuthenticator(
    prover,
    project.projectId ?? new ProjectLookup(project, prover, surroundings),
  );
}

function tokenAuthenticator(
  project: ProjectConfig,
  credentials: PasswordCredentials,
  account: IamAccount,
  surroundings: AuthDependencies,
): TokenAuthenticator {
  const scope = scopeOf(project);
  const { name } = project;
  account.projects.push(name);
  const agency = credentials.agency && new Agency(account, credentials.agency, name, surroundings);
  const fetch = () => (agency ? agency.assume(scope) : account.login(scope));
  const tokens = keepToken(fetch, { project: name }, surroundings);
  return new TokenAuthenticator(tokens, project.projectId, () => (agency ?? account).trouble);
}

function accountOf(
  iamEndpoint: string,
  credentials: PasswordCredentials,
  accounts: Map<string, IamAccount>,
  surroundings: AuthDependencies,
): IamAccount {
  const { domainName, userName, password, passwordFile } = credentials;
  // Who gives another password for the same user has failures of his own.
  const secret = passwordFile ?? createHash('sha256').update(password).digest('hex');
  const key = JSON.stringify([iamEndpoint, domainName, userName, secret]);
  const known = accounts.get(key);
  if (known) return known;
  const account = new IamAccount(iamEndpoint, credentials, surroundings);
  accounts.set(key, account);
  return account;
}
