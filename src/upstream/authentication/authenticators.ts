import { createHash } from 'node:crypto';

import type { PasswordCredentials, ProjectConfig } from '../../config/config.js';
import { ConfiguredKey, SigningAuthenticator } from './access-key.js';
import type {
  AuthDependencies,
  Authenticator,
  Proof,
  Renewal,
  Trouble,
  UnprovenRequest,
} from './authenticator.js';
import type { ExpiringValue } from './expiring-value.js';
import { Agency, IamAccount, keepToken } from './iam-account.js';
import { scopeOf, type IamToken } from './iam-token.js';
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
    return tokenAuthenticator(project, credentials, account, dependencies);
  }
  const source =
    credentials.kind === 'aksk'
      ? new ConfiguredKey(credentials, dependencies)
      : new MetadataKey(credentials.endpoint, project.name, dependencies);
  return new SigningAuthenticator(source, project, dependencies);
}

function tokenAuthenticator(
  project: ProjectConfig,
  credentials: PasswordCredentials,
  account: IamAccount,
  dependencies: AuthDependencies,
): TokenAuthenticator {
  const scope = scopeOf(project);
  const { name } = project;
  account.projects.push(name);
  const agency = credentials.agency && new Agency(account, credentials.agency, name, dependencies);
  const fetch = () => (agency ? agency.assume(scope) : account.login(scope));
  const tokens = keepToken(fetch, { project: name }, dependencies);
  return new TokenAuthenticator(tokens, project.projectId, () => (agency ?? account).trouble);
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

/** Sends a token with each request. */
class TokenAuthenticator implements Authenticator {
  /**
   * @param configuredId the project's id, where the configuration gives it
   * @param loginTrouble why no new token may be asked for now
   */
  constructor(
    private readonly tokens: ExpiringValue<IamToken>,
    private readonly configuredId: string | undefined,
    private readonly loginTrouble: () => Trouble | undefined,
  ) {}

  async projectId(deadlineAt: number): Promise<string> {
    if (this.configuredId !== undefined) return this.configuredId;
    const { projectId } = (await this.tokens.get(deadlineAt)).value;
    if (projectId === undefined) throw new Error('a token for an account was kept as one for a project');
    return projectId;
  }

  async prove({ headers }: UnprovenRequest, deadlineAt: number): Promise<Proof> {
    const { value, generation } = await this.tokens.get(deadlineAt);
    return { headers: { ...headers, 'X-Auth-Token': value.value }, generation };
  }

  accept({ generation }: Proof): void {
    this.tokens.accept(generation);
  }

  reject({ generation }: Proof): Promise<Renewal> {
    return Promise.resolve(this.tokens.reject(generation));
  }

  get trouble(): Trouble | undefined {
    return this.tokens.current === undefined ? (this.tokens.trouble ?? this.loginTrouble()) : undefined;
  }
}
