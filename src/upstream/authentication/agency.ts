import type { AgencyConfig } from '../../config/config.js';
import type { Kept } from './expiring-value.js';
import type { IamAccount } from './iam-account.js';
import { BaseTokenRejected, IAM_TIMEOUT_MS, requestToken } from './iam-exchange.js';
import type { Trouble } from './authenticator.js';
import { LoginGuard } from './login-guard.js';
import { complain, type AuthDependencies } from './dependencies.js';
import { agencyBody, type ExpectedScope, type IamToken } from './token-request.js';

/** Takes on an agency of another account with a token of our own user's (contract 3.1.5). */
export class Agency {
  readonly #guard: LoginGuard;

  constructor(
    private readonly account: IamAccount,
    private readonly config: AgencyConfig,
    /** Name of the project that it is for. */
    project: string,
    private readonly surroundings: AuthDependencies,
  ) {
    const { clock, log } = surroundings;
    const words = 'IAM refuses the agency: check its name and its delegation';
    this.#guard = new LoginGuard(clock, (error, waitMs) =>
      complain(log, { project, agency: config }, error, waitMs, words),
    );
  }

  /** A new token of the agency's; where the user's own is not taken, once more with a new one. @throws AuthenticationError */
  async assume(scope: ExpectedScope): Promise<IamToken> {
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
    return this.account.ownToken.get(this.surroundings.clock.monotonic() + IAM_TIMEOUT_MS);
  }

  async #assumeWith({ value: own, generation }: Kept<IamToken>, expected: ExpectedScope): Promise<IamToken> {
    const { iamEndpoint: origin, ownToken } = this.account;
    const { transport, clock } = this.surroundings;
    const body = agencyBody(this.config, expected);
    const request = { origin, body, baseToken: own.value, expected, secrets: [own.value] };
    const token = await requestToken(request, transport, clock);
    ownToken.accept(generation);
    return token;
  }
}
