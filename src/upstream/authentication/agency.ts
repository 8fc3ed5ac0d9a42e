import type { AgencyConfig } from '../../config/config.js';
import type { Kept } from './expiring-value.js';
import type { IamAccount } from './iam-account.js';
import { BaseTokenRejected, IAM_TIMEOUT_MS, requestToken } from './iam-exchange.js';
import { LoginGuard } from './login-guard.js';
import type { Surroundings } from './surroundings.js';
import { agencyBody, type ExpectedScope, type IamToken } from './token-request.js';

/** Takes on an agency of another account with a token of our own user's (contract 3.1.5). */
export class Agency {
  readonly #guard: LoginGuard;

  constructor(
    private readonly account: IamAccount,
    private readonly config: AgencyConfig,
    private readonly surroundings: Surroundings,
  ) {
    const { clock, log } = surroundings;
    this.#guard = new LoginGuard(clock, ({ upstream }, waitMs) =>
      log.warn(
        { agency: config, upstream, waitMs },
        'IAM refuses the agency: check its name and its delegation',
      ),
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

  get open(): boolean {
    return this.#guard.isOpenFor(0) && (this.account.ownToken.current !== undefined || this.account.open);
  }

  #ownToken(): Promise<Kept<IamToken>> {
    return this.account.ownToken.get(this.surroundings.clock.monotonic() + IAM_TIMEOUT_MS);
  }

  async #assumeWith({ value: own, generation }: Kept<IamToken>, expected: ExpectedScope): Promise<IamToken> {
    const { iamEndpoint: origin, ownToken } = this.account;
    const { transport, clock } = this.surroundings;
    const body = agencyBody(this.config, expected);
    const token = await requestToken({ origin, body, baseToken: own.value, expected }, transport, clock);
    ownToken.accept(generation);
    return token;
  }
}
