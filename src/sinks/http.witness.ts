import {
  COSIGNATURE,
  cosignaturesIn,
  DeliveryFailed,
  readVerifierKey,
  type CheckpointSource,
  type PlacedCheckpoint,
  type ProofStore,
  type VerifierKey,
} from '../audit/index.js';
import type { HttpWitnessConfig } from '../config/config.js';
import { PostUnanswered, type HttpPoster, type PostAnswer } from '../domain/ports.js';
import type { Witness } from './witness.js';

const TIMEOUT_MS = 10_000;
const OK = 200;
const CONFLICT = 409;
const SIZE_TYPE = 'text/x.tlog.size';

/** A witness of C2SP (https://c2sp.org/tlog-witness): it checks each checkpoint against the one before, and may cosign it. */
export class HttpWitness implements Witness {
  readonly #url: string;
  readonly #key: VerifierKey | undefined;
  /** Of the checkpoint that it has seen last, as far as it is known here; it says so itself where it is another one. */
  #size = 0;

  /** @throws Error where its public key is none */
  constructor(
    config: Pick<HttpWitnessConfig, 'url' | 'publicKey'>,
    private readonly poster: HttpPoster,
    private readonly proofs: Pick<ProofStore, 'pathFrom'>,
    private readonly checkpoints: Pick<CheckpointSource, 'head' | 'addCosignature'>,
  ) {
    this.#url = `${config.url.replace(/\/$/, '')}/add-checkpoint`;
    this.#key = config.publicKey === undefined ? undefined : readVerifierKey(config.publicKey, COSIGNATURE);
  }

  async deliver(checkpoints: readonly PlacedCheckpoint[], signal: AbortSignal): Promise<number> {
    for (const [delivered, checkpoint] of checkpoints.entries()) {
      if (signal.aborted) return delivered;
      await this.#show(checkpoint, delivered);
    }
    return checkpoints.length;
  }

  async #show(checkpoint: PlacedCheckpoint, delivered: number): Promise<void> {
    if (checkpoint.size < this.#size) return;
    let answer = await this.#post(checkpoint, delivered);
    const seen = seenIn(answer);
    if (seen !== undefined && seen !== this.#size) {
      if (seen > checkpoint.size) return this.#skip(seen, delivered);
      this.#size = seen;
      answer = await this.#post(checkpoint, delivered);
    }
    const { status, body, retryAfterMs } = answer;
    if (status !== OK) throw new DeliveryFailed(`HTTP ${status}`, { delivered, retryAfterMs });
    this.#size = checkpoint.size;
    await this.#keep(checkpoint, body);
  }

  /** It has seen a later one already: a crash came between. One that the trail never had is said, and waited for. */
  async #skip(seen: number, delivered: number): Promise<void> {
    if (seen > (await this.checkpoints.head()))
      throw new DeliveryFailed('it has seen more records than there are', { delivered });
    this.#size = seen;
  }

  async #keep({ size, note }: PlacedCheckpoint, answered: string): Promise<void> {
    if (!this.#key) return;
    const [line] = cosignaturesIn(answered, note, this.#key);
    if (line !== undefined) await this.checkpoints.addCosignature(size, this.#key.name, line);
  }

  async #post(checkpoint: PlacedCheckpoint, delivered: number): Promise<PostAnswer> {
    const path = this.#size < checkpoint.size ? await this.proofs.pathFrom(this.#size, checkpoint) : [];
    const lines = [`old ${this.#size}`, ...path.map((hash) => Buffer.from(hash).toString('base64'))];
    const body = `${lines.join('\n')}\n\n${checkpoint.note}`;
    try {
      return await this.poster.post(this.#url, { 'content-type': 'text/plain' }, body, TIMEOUT_MS);
    } catch (error) {
      throw error instanceof PostUnanswered ? new DeliveryFailed(error.reason, { delivered }) : error;
    }
  }
}

/** The size of the checkpoint that the witness has seen last, where that is its answer. */
function seenIn({ status, contentType = '', body }: PostAnswer): number | undefined {
  const isSize = status === CONFLICT && contentType.split(';')[0]?.trim() === SIZE_TYPE;
  return isSize && /^(?:0|[1-9]\d{0,14})\n$/.test(body) ? Number(body) : undefined;
}
