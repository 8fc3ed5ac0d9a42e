import type { OperationType } from '../../domain/operation-type.js';
import { SHARED, type DryRun } from './dry-run.service.js';
import type { DryRunDto } from './dry-run.dto.js';
import { scopeOf } from '../receipts/receipt.js';

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
