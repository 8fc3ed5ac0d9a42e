import {
  Authenticator,
  type Proof,
  type Renewal,
  type Trouble,
  type UnprovenRequest,
} from './authenticator.js';
import type { ExpiringValue } from './expiring-value.js';
import type { IamToken } from './token-request.js';

/** Sends a token with each request. */
export class TokenAuthenticator extends Authenticator {
  /**
   * @param configuredId the project's id, where the configuration gives it
   * @param loginTrouble why no new token may be asked for now
   */
  constructor(
    private readonly tokens: ExpiringValue<IamToken>,
    private readonly configuredId: string | undefined,
    private readonly loginTrouble: () => Trouble | undefined,
  ) {
    super();
  }

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
