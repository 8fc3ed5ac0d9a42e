import { Inject, Injectable } from '@nestjs/common';

import { NotAdmitted } from '../audit/audit-trail.js';
import { CONFIG, type Config, type ProjectConfig } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { problemOfFault } from '../problems/problem.js';
import { UpstreamClient } from '../upstream/index.js';
import { Background } from './background/background.js';
import { Executor } from './execution/executor.js';
import { ExpirationCapacity } from './expirations/expiration-capacity.js';
import { fingerprintOf } from './admission/fingerprint.js';
import { enforceGuardRails } from './admission/guard-rails/guard-rails.js';
import { readGuardRails, type GuardRails } from './admission/guard-rails/rails.js';
import type { OperationResult } from './operation-result.js';
import { InFlightDeduplicator } from './admission/in-flight.js';
import { Limits } from './admission/limits.js';
import type {
  UnresolvedCommand,
  OperationCommand,
  ResolvedScope,
  AuthorizedCommand,
} from './operation-command.js';
import { authorise, touchedBy } from './admission/policy.js';
import { DryRunService, type DryRun } from './dry-run/dry-run.service.js';
import { IdempotencyService } from './admission/idempotency.service.js';
import { UnknownWords } from './admission/unknown-words.js';

/** Takes an order, whichever API it came by: may it be done, was it done already, is it safe, is it too much; then it is done. */
@Injectable()
export class OperationsService {
  readonly #rails: GuardRails;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly executor: Executor,
    private readonly background: Background,
    private readonly repeats: IdempotencyService,
    private readonly joins: InFlightDeduplicator,
    private readonly limits: Limits,
    private readonly expiries: ExpirationCapacity,
    private readonly unknownWords: UnknownWords,
    private readonly upstream: UpstreamClient,
    private readonly rehearsals: DryRunService,
  ) {
    this.#rails = readGuardRails(config.guardRails);
  }

  /** @throws Problem when nothing was done, and why */
  async handle(asked: OperationCommand | UnresolvedCommand, context: CallContext): Promise<OperationResult> {
    const place = await this.#place(asked, context);
    const fingerprint = fingerprintOf(asked, place);
    // Before everything that is about doing: an answer that is only told once more does no harm and uses nothing up.
    const earlier = await this.repeats.earlier(asked, context.caller, fingerprint);
    if (earlier) return earlier;
    const joins = asked.idempotencyKey === undefined;
    return this.joins.run(fingerprint, context, joins, async () =>
      this.#start({ ...place, order: await this.#complete(asked, place, context) }, fingerprint, context),
    );
  }

  /**
   * What would come of an order now, by everything that decides about it and by upstream's state. Nothing is done, used up or
   * written down; what was done under an idempotency key plays no part.
   *
   * @throws Problem as `handle` would
   */
  async dryRun(asked: OperationCommand | UnresolvedCommand, context: CallContext): Promise<DryRun> {
    const place = await this.#place(asked, context);
    const order = await this.#complete(asked, place, context);
    enforceGuardRails(order, this.#rails);
    await this.limits.check(order, context);
    return this.expiries.within(order, context, () => this.rehearsals.of({ ...place, order }, context));
  }

  /** Where it will act, if its caller may. */
  async #place(asked: OperationCommand | UnresolvedCommand, context: CallContext): Promise<ResolvedScope> {
    const { scope, project } = this.#authorise(asked, context);
    return { project, scope: { ...scope, projectId: await this.#projectId(project, context) } };
  }

  #authorise(
    asked: OperationCommand | UnresolvedCommand,
    { caller }: CallContext,
  ): ReturnType<typeof authorise> {
    const touched = 'alarms' in asked ? touchedBy(asked) : [];
    return authorise(asked.operation, asked.scope, caller, this.config.projects, touched);
  }

  /** What was only known once the alarms were looked up is held against the caller's grants too. */
  async #complete(
    asked: OperationCommand | UnresolvedCommand,
    place: ResolvedScope,
    context: CallContext,
  ): Promise<OperationCommand> {
    if (!('complete' in asked)) return asked;
    const order = await asked.complete(place, context);
    this.#authorise(order, context);
    return order;
  }

  /** @throws Problem when it is not known, in which case nothing was sent */
  async #projectId(project: ProjectConfig, context: CallContext): Promise<string> {
    const found = await this.upstream.projectId(project, context);
    if (typeof found === 'string') return found;
    throw problemOfFault(found);
  }

  async #start(
    placed: AuthorizedCommand,
    fingerprint: string,
    context: CallContext,
  ): Promise<OperationResult> {
    const { order } = placed;
    enforceGuardRails(order, this.#rails);
    const taken = this.limits.take(order, context);
    this.unknownWords.notice(order.alarms);
    const reach = this.limits.reachOf(order, context.caller);
    const conditions = { claims: this.repeats.claimsOf(order, fingerprint), ...(reach && { reach }) };
    try {
      const performer = order.background ? this.background : this.executor;
      return await performer.execute(placed, conditions, context);
    } catch (error) {
      taken.release();
      if (!(error instanceof NotAdmitted)) throw error;
      const { why } = error;
      if (why.reason === 'claimed') throw this.repeats.refusal(why, fingerprint);
      throw await this.limits.refusal(why, order, context);
    }
  }
}
