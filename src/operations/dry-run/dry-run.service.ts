import { Injectable } from '@nestjs/common';

import type { CallContext } from '../../domain/caller.js';
import type { OperationName } from '../../domain/operation-name.js';
import type { Scope } from '../../domain/scope.js';
import { callFor, predictOutcomes, type ActCall } from '../../hss/index.js';
import { UpstreamClient, type PreviewedRequest } from '../../upstream/index.js';
import type { OperationCommand, AuthorizedCommand } from '../operation-command.js';
import { MISMATCH, mismatchesIn } from '../execution/mismatch.js';
import { StateReader } from '../execution/state-reader.js';
import { trimmedCall } from '../execution/trimmed-call.js';
import { notSent, predictedOutcomesOf, type PredictedOutcome } from './predicted-outcomes.js';

/** What would come of an order. */
export interface DryRun {
  readonly operation: OperationName;
  readonly scope: Scope;
  /** In the order of the request. */
  readonly verdicts: readonly PredictedOutcome[];
  /** In the order in which they would be sent. */
  readonly requests: readonly PreviewedRequest[];
}

/** Tells what would come of an order, by reading upstream's state. */
@Injectable()
export class DryRunService {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly state: StateReader,
  ) {}

  async of({ order, scope, project }: AuthorizedCommand, context: CallContext): Promise<DryRun> {
    const { operation, bodies } = order;
    const verdicts: PredictedOutcome[] = [];
    const requests: PreviewedRequest[] = [];
    for (const body of bodies) {
      const call = callFor(operation, scope, project, body);
      const told = await this.#chunk(call, order, context);
      verdicts.push(...told);
      const already = told.flatMap(({ outcome, eventId }) => (outcome === 'already' ? [eventId] : []));
      const left = trimmedCall(call, new Set(already));
      if (left && told.some(({ outcome }) => outcome !== 'not_attempted'))
        requests.push(this.upstream.preview(left, context));
    }
    return { operation, scope, verdicts, requests };
  }

  async #chunk(call: ActCall, order: OperationCommand, context: CallContext): Promise<PredictedOutcome[]> {
    const forecasts = await predictOutcomes(this.upstream, call, context);
    const checks = this.state.checks(call.operation);
    const mismatches = checks ? mismatchesIn(call, forecasts) : [];
    if (mismatches.length > 0) return notSent(forecasts, mismatches, MISMATCH);
    // A call that can't be made shorter is sent whole.
    const first = forecasts[0];
    const isTrimmable = first !== undefined && trimmedCall(call, new Set([first.eventId])) !== call;
    return predictedOutcomesOf(forecasts, isTrimmable && (checks || order.lookedUp !== undefined));
  }
}
