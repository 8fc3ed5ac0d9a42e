import {
  Authenticator,
  type Proof,
  type Renewal,
  type Trouble,
  type UnprovenRequest,
} from './authenticator.js';
import type { KeyProver } from './key-prover.js';
import type { ProjectLookup } from './project-lookup.js';

/** Signs each request with an access key. */
export class SigningAuthenticator extends Authenticator {
  /** @param project its id, or how to find it */
  constructor(
    private readonly prover: KeyProver,
    private readonly project: string | ProjectLookup,
  ) {
    super();
  }

  projectId(deadlineAt: number): Promise<string> {
    return typeof this.project === 'string' ? Promise.resolve(this.project) : this.project.get(deadlineAt);
  }

  /** Names the project too, as a signature by itself belongs to none (contract 1.1). */
  async prove(request: UnprovenRequest, deadlineAt: number): Promise<Proof> {
    const projectId = await this.projectId(deadlineAt);
    const headers = { ...request.headers, 'X-Project-Id': projectId };
    return this.prover.prove({ ...request, headers }, deadlineAt);
  }

  accept(proof: Proof): void {
    this.prover.accept(proof);
  }

  reject(proof: Proof): Promise<Renewal> {
    return this.prover.reject(proof);
  }

  get trouble(): Trouble | undefined {
    return this.prover.trouble ?? (typeof this.project === 'string' ? undefined : this.project.trouble);
  }
}
