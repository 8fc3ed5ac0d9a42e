import type { AgencyConfig } from '../../config/config.js';
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
      const { ownToken } = this.account;
      const own = await ownToken.get(this.#deadline());
      try {
        return await this.#assumeWith(own.value, scope);
      } catch (error) {
        if (!(error instanceof BaseTokenRejected) || ownToken.reject(own.generation) === 'final') throw error;
        const renewed = await ownToken.get(this.#deadline());
        return this.#assumeWith(renewed.value, scope);
      }
    });
  }

  get open(): boolean {
    return this.#guard.isOpenFor(0) && (this.account.ownToken.current !== undefined || this.account.open);
  }

  #assumeWith({ value: baseToken }: IamToken, expected: ExpectedScope): Promise<IamToken> {
    const { transport, clock } = this.surroundings;
    const body = agencyBody(this.config, expected);
    return requestToken({ origin: this.account.iamEndpoint, body, baseToken, expected }, transport, clock);
  }

  #deadline(): number {
    return this.surroundings.clock.now() + IAM_TIMEOUT_MS;
  }
}
