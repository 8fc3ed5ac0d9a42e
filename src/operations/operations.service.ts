import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { authorise } from '../access/grants.js';
import type { CallContext } from '../domain/caller.js';
import { problemOfFault } from '../problems/problem.js';
import { UpstreamClient } from '../upstream/index.js';
import { Admission } from './admission/admission.service.js';
import { fingerprintOf, IdempotencyService, InFlightDeduplicator } from './admission/idempotency.service.js';
import { touchedBy } from './admission/intent.js';
import { Background } from './background/background.js';
import { DryRunService, type DryRun } from './dry-run/dry-run.service.js';
import { Executor } from './execution/executor.js';
import { RunningOperations } from './execution/running-operations.js';
import type {
  AuthorizedCommand,
  OperationCommand,
  ResolvedScope,
  UnresolvedCommand,
} from './operation-command.js';
import type { OperationResult } from './operation-result.js';
import { CommandResolver } from './prepare/command-resolver.js';

/** Takes a command by whichever API it came: authorise, answer a repeated one, look up, admit, execute. */
@Injectable()
export class OperationsService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly upstream: UpstreamClient,
    private readonly idempotency: IdempotencyService,
    private readonly inFlight: InFlightDeduplicator,
    private readonly resolver: CommandResolver,
    private readonly admission: Admission,
    private readonly running: RunningOperations,
    private readonly executor: Executor,
    private readonly background: Background,
    private readonly dryRuns: DryRunService,
  ) {}

  /** @throws Problem when nothing was done, and why */
  async handle(
    command: OperationCommand | UnresolvedCommand,
    context: CallContext,
  ): Promise<OperationResult> {
    const scope = await this.#authorised(command, context);
    const fingerprint = fingerprintOf(command, scope);
    // Before all that decides about doing: an answer that is given once more does no harm and uses nothing up.
    const earlier = await this.idempotency.earlier(command, context.caller, fingerprint);
    if (earlier) return earlier;
    const mayJoin = command.idempotencyKey === undefined;
    return this.inFlight.run(fingerprint, context, mayJoin, async () =>
      this.#carryOut(await this.#resolved(command, scope, context), fingerprint, context),
    );
  }

  /**
   * What would come of a command now, by everything that decides about it and by upstream's state. Nothing is done, used up or
   * recorded; what was done under an idempotency key does not matter.
   *
   * @throws Problem as `handle` would
   */
  async dryRun(command: OperationCommand | UnresolvedCommand, context: CallContext): Promise<DryRun> {
    const scope = await this.#authorised(command, context);
    const authorized = await this.#resolved(command, scope, context);
    await this.admission.check(authorized.command, context);
    return this.dryRuns.of(authorized, context);
  }

  async #carryOut(
    authorized: AuthorizedCommand,
    fingerprint: string,
    context: CallContext,
  ): Promise<OperationResult> {
    if (authorized.command.background) {
      return this.background.start(await this.admission.admit(authorized, fingerprint, context));
    }
    // Before the intent is recorded: a shutdown that cuts it off waits for its outcome.
    const run = this.running.begin();
    try {
      const admitted = await this.admission.admit(authorized, fingerprint, context);
      return await this.executor.execute(admitted, run, context);
    } finally {
      this.running.end(run);
    }
  }

  /** Where it will act, if its caller may. @throws Problem when the project's id is not known, in which case nothing was sent */
  async #authorised(
    command: OperationCommand | UnresolvedCommand,
    context: CallContext,
  ): Promise<ResolvedScope> {
    const { scope, project } = this.#authorise(command, context);
    const projectId = await this.upstream.projectId(project, context);
    if (typeof projectId !== 'string') throw problemOfFault(projectId);
    return { project, scope: { projectId, ...scope } };
  }

  /** What is known only once the alarms were looked up is compared with the caller's grants too. */
  async #resolved(
    command: OperationCommand | UnresolvedCommand,
    scope: ResolvedScope,
    context: CallContext,
  ): Promise<AuthorizedCommand> {
    if (!('lookup' in command)) return { command, ...scope };
    const resolved = await this.resolver.resolve(command, scope, context);
    this.#authorise(resolved, context);
    return { command: resolved, ...scope };
  }

  #authorise(
    command: OperationCommand | UnresolvedCommand,
    { caller }: CallContext,
  ): ReturnType<typeof authorise> {
    const { operation, scope = {} } = command;
    const alarms = 'lookup' in command ? [] : touchedBy(command);
    return authorise({ right: 'act', operation, alarms }, scope, caller, this.config.projects);
  }
}
