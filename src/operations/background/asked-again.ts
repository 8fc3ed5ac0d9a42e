import { Inject, Injectable } from '@nestjs/common';

import type { IntentRecord } from '../../audit/audit-record.js';
import { BrakeStore } from '../../audit/limits.store.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { Fault } from '../../domain/outcome.js';
import type { HssBody } from '../../hss/index.js';
import { CallerDirectory } from '../../http/identity/caller-directory.js';
import { readGuardRails, type GuardRails } from '../admission/guard-rails/rails.js';
import { recordedCommand } from './recorded-order.js';
import { denialNow } from './still-allowed.js';

/** Asks policy, guard rails and the brake again about an operation that another process accepted, or an earlier run of this one. */
@Injectable()
export class AskedAgain {
  readonly #rails: GuardRails;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly callers: CallerDirectory,
    private readonly brakes: BrakeStore,
  ) {
    this.#rails = readGuardRails(config.guardRails);
  }

  /** Why it may not go on; undefined when it may. @throws AuditUnavailable when it can't be told now */
  async lackOf(intent: IntentRecord, bodies: readonly HssBody[]): Promise<Fault | undefined> {
    const engaged = await this.brakes.engaged();
    return denialNow(intent, recordedCommand(intent, bodies), {
      caller: this.callers.current.callers.get(intent.caller)?.caller,
      projects: this.config.projects,
      rails: this.#rails,
      braked: new Set(engaged.map(({ caller }) => caller)),
    });
  }
}
