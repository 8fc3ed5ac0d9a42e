import type { OperationTrail } from '../../audit/audit-record.js';
import type { OperationName } from '../../domain/operation-type.js';
import { Problem } from '../../problems/problem.js';

export const UNDONE_TOO_SOON = (): Problem =>
  new Problem(
    409,
    'operation_running',
    'This operation is still under way: what it does is not known yet. Nothing was taken back; send this again when its receipt has an outcome.',
    { retryable: true, retryAfter: 1 },
  );

export function notUndoable(operation: OperationName): Problem {
  return new Problem(
    409,
    'not_undoable',
    `Upstream has nothing that would take back ${operation}. Nothing was done.`,
  );
}

/** @param unknown how many of its alarms have an unknown outcome */
export function nothingToUndo({ undoneBy = [] }: Pick<OperationTrail, 'undoneBy'>, unknown: number): Problem {
  const last = undoneBy.at(-1);
  const why =
    last === undefined
      ? 'This operation changed no alarm that is known'
      : `Whatever this operation changed was taken back by operation ${last}`;
  const rest =
    unknown === 0
      ? ''
      : ` The outcome of ${unknown} of its alarms is not known: look at them in the console.`;
  return new Problem(409, 'nothing_to_undo', `${why}, so there is nothing to take back.${rest}`);
}

/** @param project its name */
export function projectChanged(project: string): Problem {
  return new Problem(
    409,
    'project_changed',
    `This operation acted in a project that the gateway no longer calls ${project}. Nothing was taken back.`,
  );
}

/** The answer where an operation's records are not believed. */
export const RECORD_UNVERIFIED = (): Problem =>
  new Problem(
    409,
    'record_unverified',
    'The records of this operation do not fit the audit trail, so nothing is done because of them. Nothing was done; whoever looks after the gateway has to look at its database.',
  );
