import { Injectable } from '@nestjs/common';

import type { CallContext } from '../../domain/caller.js';
import type { OperationName, OperationType } from '../../domain/operation-type.js';
import type { AlarmOutcome } from '../../domain/outcome.js';
import type { Scope } from '../../domain/scope.js';
import { callFor, predictOutcomes, type ActCall, type Prediction, trimmedCall } from '../../hss/index.js';
import { UpstreamClient, type PreviewedRequest } from '../../upstream/index.js';
import { mismatchesIn } from '../execution/chunk-sender.js';
import { StateReader } from '../execution/state-reader.js';
import type { AuthorizedCommand, OperationCommand } from '../operation-command.js';
import type { DryRunDto } from './dry-run.dto.js';
import { scopeOf } from '../receipts/receipt.js';

/** What would become of one alarm. */
interface PredictedOutcome {
  readonly eventId: string;
  /** `unknown`: upstream's state does not show it. */
  readonly outcome: Extract<AlarmOutcome, 'applied' | 'already' | 'rejected' | 'not_attempted' | 'unknown'>;
  /** Code of the fault, or of what is not known. */
  readonly reason?: string;
}

/** What would come of a command. */
export interface DryRun {
  readonly operation: OperationName;
  readonly scope: Scope;
  /** In the order of the request. */
  readonly verdicts: readonly PredictedOutcome[];
  /** In the order in which they would be sent. */
  readonly requests: readonly PreviewedRequest[];
}

/** The reason of an alarm that shares the outcome of another one, because upstream answers for the whole exchange. */
const SHARED = 'shared_exchange';

/** Predicts what would come of a command, by reading upstream's state. */
@Injectable()
export class DryRunService {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly state: StateReader,
  ) {}

  async of({ command, scope, project }: AuthorizedCommand, context: CallContext): Promise<DryRun> {
    const { operation, bodies } = command;
    const verdicts: PredictedOutcome[] = [];
    const requests: PreviewedRequest[] = [];
    for (const body of bodies) {
      const call = callFor(operation, scope, project, body);
      const predicted = await this.#chunk(call, command, context);
      verdicts.push(...predicted);
      const already = predicted.flatMap(({ outcome, eventId }) => (outcome === 'already' ? [eventId] : []));
      const left = trimmedCall(call, new Set(already));
      if (left && predicted.some(({ outcome }) => outcome !== 'not_attempted'))
        requests.push(this.upstream.preview(left, context));
    }
    return { operation, scope, verdicts, requests };
  }

  async #chunk(call: ActCall, command: OperationCommand, context: CallContext): Promise<PredictedOutcome[]> {
    const predictions = await predictOutcomes(this.upstream, call, context);
    const checks = this.state.checks(call.operation);
    const mismatches = checks ? mismatchesIn(call, predictions) : [];
    if (mismatches.length > 0) return notSent(predictions, mismatches, 'alarm_mismatch');
    // A call that cannot be made shorter is sent whole.
    const [first] = predictions;
    const isTrimmable = first !== undefined && trimmedCall(call, new Set([first.eventId])) !== call;
    return predictedOutcomesOf(predictions, isTrimmable && (checks || command.lookedUp !== undefined));
  }
}

/**
 * What would become of the alarms of one exchange, which share its outcome.
 *
 * @param leavesAlone whether alarms that are as wanted are not sent at all
 */
function predictedOutcomesOf(predictions: readonly Prediction[], leavesAlone: boolean): PredictedOutcome[] {
  const sent = leavesAlone ? predictions.filter(({ already }) => !already) : predictions;
  const worst = (['refused', 'undetermined'] as const).find((will) =>
    sent.some((each) => each.will === will),
  );
  return predictions.map((prediction) => {
    const { eventId, already, will, reason = SHARED } = prediction;
    if (leavesAlone && already) return { eventId, outcome: 'already' };
    if (worst === undefined) return { eventId, outcome: 'applied' };
    // Where several were refused together the state is read then, and shows this one as it is wanted.
    if (worst === 'refused' && already && sent.length > 1) return { eventId, outcome: 'already' };
    const outcome = worst === 'refused' ? 'rejected' : 'unknown';
    return { eventId, outcome, reason: will === worst ? reason : SHARED };
  });
}

/** What becomes of the alarms of one exchange that is not sent because of some of them. */
function notSent(
  predictions: readonly Prediction[],
  because: readonly Pick<Prediction, 'eventId'>[],
  reason: string,
): PredictedOutcome[] {
  const causes = new Set(because.map(({ eventId }) => eventId));
  return predictions.map(({ eventId }) => ({
    eventId,
    outcome: 'not_attempted',
    reason: causes.has(eventId) ? reason : SHARED,
  }));
}

const WORDS: Readonly<Record<string, string>> = {
  alarm_not_found: 'Upstream lists no such alarm there: its id, class, type and time must all be right.',
  operation_not_supported: 'Alarms of its kind do not take this operation type.',
  not_listed_as_accepted:
    'It is handled otherwise now, and upstream does not list this operation type for it: undo that first.',
  agent_offline: 'The agent on its host is offline.',
  agent_missing: 'There is no agent on its host.',
  agent_unknown: 'A detail names the agent of another host, whose state the listing does not show.',
  state_unreadable: "Upstream's listing could not be read.",
  alarm_mismatch: 'What the request says of it is not what upstream lists, so it would not be sent.',
  [SHARED]: 'It shares an exchange with an alarm that decides about all of it.',
};

export function dryRunOf({ operation, scope, verdicts, requests }: DryRun): DryRunDto {
  return {
    dryRun: true,
    operation: operation as OperationType,
    scope: scopeOf(scope),
    alarms: verdicts.map(({ eventId, outcome, reason }) => {
      const detail = reason === undefined ? undefined : WORDS[reason];
      return {
        eventId,
        verdict: outcome,
        ...(reason !== undefined && { reason }),
        ...(detail !== undefined && { detail }),
      };
    }),
    requests: requests.map((request) => ({ ...request })),
  };
}
