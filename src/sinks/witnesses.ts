import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import {
  Checkpointer,
  CheckpointSource,
  Followers,
  ProofStore,
  TrailState,
  witnessFollower,
  type Follower,
  type PlacedCheckpoint,
} from '../audit/index.js';
import { CONFIG, type Config, type WitnessConfig } from '../config/config.js';
import { HttpPoster } from '../domain/ports.js';
import { FileWitness } from './file.witness.js';
import { HttpWitness } from './http.witness.js';
import type { Witness } from './witness.js';

/** What witnesses may still be shown while the gateway stops. */
const STOP_WITHIN_MS = 2_000;

/** Shows every checkpoint of the trail to the witnesses that are configured. */
@Injectable()
export class Witnesses implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #running: { readonly witness: Witness; readonly follower: Follower<PlacedCheckpoint> }[] = [];

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly followers: Followers,
    private readonly checkpoints: CheckpointSource,
    private readonly checkpointer: Checkpointer,
    private readonly proofs: ProofStore,
    private readonly trail: TrailState,
    private readonly poster: HttpPoster,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const config of this.config.audit.witnesses ?? []) {
      const witness = this.#witnessOf(config);
      const follower = await this.followers.follow({
        name: witnessFollower(config.name),
        source: this.checkpoints,
        from: 'start',
        // It keeps what was signed of the true trail, which this may not be.
        waits: () => this.trail.broken !== undefined,
        deliver: (checkpoints, signal) => witness.deliver(checkpoints, signal),
      });
      this.checkpointer.onCheckpoint(() => follower.wake());
      this.#running.push({ witness, follower });
    }
  }

  /** While the transport is still open: of what is written later, the next start shows the checkpoint. */
  async onApplicationShutdown(): Promise<void> {
    if (this.#running.length > 0) await this.checkpointer.signLast();
    await Promise.all(
      this.#running.map(async ({ witness, follower }) => {
        await follower.stop(STOP_WITHIN_MS);
        await witness.close?.();
      }),
    );
  }

  #witnessOf(config: WitnessConfig): Witness {
    return config.kind === 'file'
      ? new FileWitness(config.path, this.proofs.origin)
      : new HttpWitness(config, this.poster, this.proofs, this.checkpoints);
  }
}
