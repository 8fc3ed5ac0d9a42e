import type { AgencyConfig, PasswordCredentials, ProjectConfig } from '../../config/config.js';
import {
  AuthenticationError,
  type AuthDependencies,
  type Authenticator,
  type Proof,
  type Renewal,
  type Trouble,
  type UnprovenRequest,
} from './authenticator.js';
import { Backoff, ExpiringValue, type Kept } from './expiring-value.js';
import {
  agencyBody,
  BaseTokenRejected,
  IAM_TIMEOUT_MS,
  passwordBody,
  requestToken,
  scopeOf,
  type ExpectedScope,
  type IamToken,
} from './iam-token.js';
import { ReloadingSecrets } from './reloading-secrets.js';

/** The share of its life after which a token is renewed in the background, and the jitter on top. */
const REFRESH_AFTER = 0.8;
const REFRESH_JITTER = 0.1;

/** Sends a token with each request: of the project's, from its account or from an agency that the account takes on. */
export class TokenAuthenticator implements Authenticator {
  readonly #tokens: ExpiringValue<IamToken>;
  readonly #source: IamAccount | Agency;

  constructor(
    private readonly project: ProjectConfig,
    agency: AgencyConfig | undefined,
    account: IamAccount,
    dependencies: AuthDependencies,
  ) {
    const { name } = project;
    const scope = scopeOf(project);
    account.projects.push(name);
    const source = agency ? new Agency(account, agency, name, dependencies) : account;
    this.#source = source;
    this.#tokens = keepToken(() => source.newToken(scope), { project: name }, dependencies);
  }

  async projectId(deadlineAt: number): Promise<string> {
    if (this.project.projectId !== undefined) return this.project.projectId;
    const { projectId } = (await this.#tokens.get(deadlineAt)).value;
    if (projectId === undefined) throw new Error('a token for an account was kept as one for a project');
    return projectId;
  }

  async prove({ headers }: UnprovenRequest, deadlineAt: number): Promise<Proof> {
    const { value, generation } = await this.#tokens.get(deadlineAt);
    return { headers: { 'X-Auth-Token': value.value, ...headers }, generation };
  }

  accept({ generation }: Proof): void {
    this.#tokens.accept(generation);
  }

  reject({ generation }: Proof): Promise<Renewal> {
    return Promise.resolve(this.#tokens.reject(generation));
  }

  get trouble(): Trouble | undefined {
    return this.#tokens.current === undefined ? (this.#tokens.trouble ?? this.#source.trouble) : undefined;
  }
}

/**
 * A token that is kept at hand, from any way of asking for it.
 *
 * @param owner whose it is, for the log
 */
function keepToken(
  fetch: () => Promise<IamToken>,
  owner: object,
  dependencies: AuthDependencies,
): ExpiringValue<IamToken> {
  const refreshAt = ({ expiresAt }: IamToken, now: number) =>
    now + (expiresAt - now) * (REFRESH_AFTER + REFRESH_JITTER * dependencies.random());
  return new ExpiringValue({ fetch, refreshAt, owner, failure: 'IAM gives no token' }, dependencies);
}

/**
 * One IAM user, who logs in by password. Projects that use the same user share it, so that its failures are counted in one
 * place, as IAM counts them.
 */
export class IamAccount {
  /** For the user's own account instead of a project: what an agency is taken on with (contract 3.1.3, 3.1.5). */
  readonly ownToken: ExpiringValue<IamToken>;
  /** Names of the projects that use it, for the log. */
  readonly projects: string[] = [];
  readonly #password: ReloadingSecrets<'password'>;
  readonly #guard: LoginGuard;

  constructor(
    /** IAM's origin. */
    readonly iamEndpoint: string,
    private readonly credentials: PasswordCredentials,
    private readonly dependencies: AuthDependencies,
  ) {
    const { domainName, userName, password, passwordFile: file } = credentials;
    const { clock, log } = dependencies;
    this.#password = new ReloadingSecrets({ password: { value: password, file } }, clock, log);
    const owner = { domainName, userName, projects: this.projects };
    const refusal = 'IAM refuses the login: check the account and its password';
    this.#guard = new LoginGuard(owner, refusal, dependencies);
    this.ownToken = keepToken(() => this.newToken({ domain: { name: domainName } }), owner, dependencies);
  }

  /** A new token by password, as the password is now. @throws AuthenticationError */
  async newToken(scope: ExpectedScope): Promise<IamToken> {
    await this.#password.refresh();
    const { transport, clock } = this.dependencies;
    const { password } = this.#password.values;
    const body = passwordBody(this.credentials, password, scope);
    const request = { origin: this.iamEndpoint, body, expected: scope, secrets: [password] };
    return this.#guard.run(this.#password.version, () => requestToken(request, transport, clock));
  }

  /** Why no login may be tried now. */
  get trouble(): Trouble | undefined {
    const trouble = this.#guard.troubleOf(this.#password.version);
    // While the gateway is not ready no token may be asked for, so a new password has to be noticed here too.
    if (trouble !== undefined) void this.#password.refresh();
    return trouble;
  }
}

/** Takes on an agency of another account with a token of our own user's (contract 3.1.5). */
class Agency {
  readonly #guard: LoginGuard;

  constructor(
    private readonly account: IamAccount,
    private readonly config: AgencyConfig,
    /** Name of the project that it is for. */
    project: string,
    private readonly dependencies: AuthDependencies,
  ) {
    const refusal = 'IAM refuses the agency: check its name and its delegation';
    this.#guard = new LoginGuard({ project, agency: config }, refusal, dependencies);
  }

  /** A new token of the agency's; where the user's own is not taken, once more with a new one. @throws AuthenticationError */
  async newToken(scope: ExpectedScope): Promise<IamToken> {
    return this.#guard.run(0, async () => {
      const own = await this.#ownToken();
      try {
        return await this.#assumeWith(own, scope);
      } catch (error) {
        const rejected = error instanceof BaseTokenRejected;
        if (!rejected || this.account.ownToken.reject(own.generation) === 'final') throw error;
        return this.#assumeWith(await this.#ownToken(), scope);
      }
    });
  }

  /** Why it may not be tried now. */
  get trouble(): Trouble | undefined {
    const { ownToken } = this.account;
    const ofOwnToken =
      ownToken.current === undefined ? (ownToken.trouble ?? this.account.trouble) : undefined;
    return this.#guard.troubleOf(0) ?? ofOwnToken;
  }

  #ownToken(): Promise<Kept<IamToken>> {
    return this.account.ownToken.get(this.dependencies.clock.monotonic() + IAM_TIMEOUT_MS);
  }

  async #assumeWith({ value: own, generation }: Kept<IamToken>, expected: ExpectedScope): Promise<IamToken> {
    const { iamEndpoint: origin, ownToken } = this.account;
    const { transport, clock } = this.dependencies;
    const body = agencyBody(this.config, expected);
    const request = { origin, body, baseToken: own.value, expected, secrets: [own.value] };
    const token = await requestToken(request, transport, clock);
    ownToken.accept(generation);
    return token;
  }
}

/**
 * How long a refused login is not repeated. IAM locks an account after three to ten failures in 15 to 60 minutes (contract
 * 3.1.9), so the second refusal must already slow us down a lot: four logins in the first hour.
 */
const WAITS_MS = [5_000, 300_000, 1_200_000, 3_600_000] as const;
/** A throttle is no refusal: it is waited out for as long as IAM asks, within bounds, and for so long at least. */
const THROTTLED_MS = WAITS_MS[0];

/** Keeps the logins of one IAM user from locking its account, whichever projects they are for. */
class LoginGuard {
  readonly #backoff: Backoff;
  #running: Promise<unknown> | undefined;
  #proven = false;
  #version = 0;

  constructor(owner: object, refusal: string, dependencies: AuthDependencies) {
    this.#backoff = new Backoff(WAITS_MS, owner, refusal, dependencies);
  }

  /** Why a login with this version of its secret may not be tried now. */
  troubleOf(version: number): Trouble | undefined {
    return version === this.#version ? this.#backoff.held?.trouble : undefined;
  }

  /**
   * Runs a login, or refuses to.
   *
   * @param version of the secret that it uses; a new one has not been refused yet
   * @throws AuthenticationError
   */
  async run<T>(version: number, login: () => Promise<T>): Promise<T> {
    if (version !== this.#version) this.#forget(version);
    // With a secret that was never accepted, each of several logins at once would count as a failure.
    while (!this.#proven && this.#running) await this.#running.catch(() => undefined);
    const { held } = this.#backoff;
    if (held) throw held;
    const running = this.#observed(version, login());
    this.#running = running;
    return running.finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  #forget(version: number): void {
    this.#version = version;
    this.#proven = false;
    this.#backoff.forget();
  }

  async #observed<T>(version: number, login: Promise<T>): Promise<T> {
    try {
      const taken = await login;
      if (version === this.#version) {
        this.#proven = true;
        this.#backoff.forget();
      }
      return taken;
    } catch (error) {
      // What became of a secret that has been replaced meanwhile says nothing about the new one.
      if (!(error instanceof AuthenticationError) || version !== this.#version) throw error;
      throw this.#noted(error);
    }
  }

  #noted(error: AuthenticationError): AuthenticationError {
    // The user's own login, which an agency is taken on by, has a guard of its own.
    if (error.more.isHeld) return error;
    const { trouble, more } = error;
    if (trouble === 'throttled')
      return this.#backoff.hold(error, Math.max(more.retryAfterMs ?? 0, THROTTLED_MS));
    if (trouble !== 'refused') return error;
    this.#proven = false;
    return this.#backoff.refused(error);
  }
}
