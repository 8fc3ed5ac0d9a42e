import type { PasswordCredentials } from '../../config/config.js';
import { ExpiringValue } from './expiring-value.js';
import type { AuthenticationError, Trouble } from './authenticator.js';
import { requestToken } from './iam-exchange.js';
import { ReloadingSecrets } from './reloading-secrets.js';
import { LoginGuard } from './login-guard.js';
import { complain, type AuthDependencies } from './dependencies.js';
import { passwordBody, type ExpectedScope, type IamToken } from './token-request.js';

/** The share of its life after which a token is renewed in the background, and the jitter on top. */
const REFRESH_AFTER = 0.8;
const REFRESH_JITTER = 0.1;

/**
 * A token that is kept at hand, from any way of asking for it.
 *
 * @param owner whose it is, for the log
 */
export function keepToken(
  fetch: () => Promise<IamToken>,
  owner: object,
  { clock, random, log }: AuthDependencies,
): ExpiringValue<IamToken> {
  const refreshAt = ({ expiresAt }: IamToken, now: number) =>
    now + (expiresAt - now) * (REFRESH_AFTER + REFRESH_JITTER * random());
  const onFailure = (error: AuthenticationError, waitMs: number) =>
    complain(log, owner, error, waitMs, 'IAM gives no token');
  return new ExpiringValue({ fetch, refreshAt, onFailure }, clock);
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
    private readonly surroundings: AuthDependencies,
  ) {
    const { domainName, userName, password, passwordFile: file } = credentials;
    const { clock, log } = surroundings;
    this.#password = new ReloadingSecrets(
      { password: { value: password, ...(file !== undefined && { file }) } },
      clock,
      log,
    );
    const owner = { domainName, userName, projects: this.projects };
    this.#guard = new LoginGuard(clock, (error, waitMs) =>
      complain(log, owner, error, waitMs, 'IAM refuses the login: check the account and its password'),
    );
    this.ownToken = keepToken(() => this.login({ domain: { name: domainName } }), owner, surroundings);
  }

  /** A new token by password, as the password is now. @throws AuthenticationError */
  async login(scope: ExpectedScope): Promise<IamToken> {
    await this.#password.refresh();
    const { transport, clock } = this.surroundings;
    const { password } = this.#password.values;
    const body = passwordBody(this.credentials, password, scope);
    const request = { origin: this.iamEndpoint, body, expected: scope, secrets: [password] };
    return this.#guard.run(this.#password.version, () => requestToken(request, transport, clock));
  }

  /** Why no login may be tried now. */
  get trouble(): Trouble | undefined {
    const trouble = this.#guard.troubleOf(this.#password.version);
    // Nobody may be asking for a token while the gateway is not ready, so a new password has to be noticed here too.
    if (trouble !== undefined) void this.#password.refresh();
    return trouble;
  }
}
