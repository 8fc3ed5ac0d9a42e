import { Injectable } from '@nestjs/common';

import type { CallContext } from '../../domain/caller.js';
import type { OperationName } from '../../domain/operation-name.js';
import type { Scope } from '../../domain/scope.js';
import { callFor, UpstreamClient, type PreviewedRequest, type UpstreamCall } from '../../upstream/index.js';
import type { Order, PlacedOrder } from '../order.js';
import { MISMATCH, mismatchesIn } from '../verification/mismatch.js';
import { StateReader } from '../verification/state-reader.js';
import { trimmedCall } from '../verification/trimmed-call.js';
import { notSent, verdictsOf, type Verdict } from './verdicts.js';

/** What would come of an order. */
export interface Rehearsal {
  readonly operation: OperationName;
  readonly scope: Scope;
  /** In the order of the request. */
  readonly verdicts: readonly Verdict[];
  /** In the order in which they would be sent. */
  readonly requests: readonly PreviewedRequest[];
}

/** Tells what would come of an order, by reading upstream's state. */
@Injectable()
export class Rehearsals {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly state: StateReader,
  ) {}

  async of({ order, scope, project }: PlacedOrder, context: CallContext): Promise<Rehearsal> {
    const { operation, bodies } = order;
    const verdicts: Verdict[] = [];
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

  async #chunk(call: UpstreamCall, order: Order, context: CallContext): Promise<Verdict[]> {
    const { readBack } = call;
    if (!readBack) throw new Error(`${call.name} can not be rehearsed`);
    const forecasts = await this.upstream.forecast(readBack, context);
    const checks = this.state.checks(readBack.operation);
    const mismatches = checks ? mismatchesIn(call, forecasts) : [];
    if (mismatches.length > 0) return notSent(forecasts, mismatches, MISMATCH);
    // A call that can't be made shorter is sent whole.
    const first = forecasts[0];
    const isTrimmable = first !== undefined && trimmedCall(call, new Set([first.eventId])) !== call;
    return verdictsOf(forecasts, isTrimmable && (checks || order.lookedUp !== undefined));
  }
}
