import type {
  CancellationRecord,
  IntentRecord,
  ItemRecord,
  OutcomeRecord,
} from '../../audit/audit-record.js';
import { summaryOf } from '../../audit/operation-state.js';
import type { ListOperation } from '../../domain/operation-type.js';
import { statusOf, type ChunkOutcome } from '../../domain/outcome.js';
import type { Examples } from '../../http/document/contract.js';
import {
  EXAMPLE_OPERATION_ID,
  EXAMPLE_REQUEST_ID,
  EXAMPLE_UPSTREAM_REQUEST_ID,
} from '../../http/document/example-ids.js';
import { faultFor } from '../../problems/fault.js';
import { documentedFaults, faultOfItems } from '../../hss/index.js';
import type { ReceiptDto } from './receipt.dto.js';
import { receiptSummaryOf } from './receipt.js';
import { receiptOf } from './receipt.js';

/** Receipts as the translator makes them of records, for the document. */

const INTENT: IntentRecord = {
  kind: 'intent',
  operationId: EXAMPLE_OPERATION_ID,
  at: '2026-08-16T09:05:22.701Z',
  requestId: EXAMPLE_REQUEST_ID,
  caller: 'soc-portal',
  operation: 'mark_as_handled',
  remark: 'test',
  scope: {
    project: 'demo',
    region: 'cn-north-4',
    projectId: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    enterpriseProjectId: '0',
  },
  alarms: ['2a71e1e2-60f4-4d56-b314-2038fdc39de6'],
};

const APPLIED: ChunkOutcome = {
  alarms: 1,
  outcome: 'applied',
  exchange: {
    requestId: EXAMPLE_UPSTREAM_REQUEST_ID,
    attempts: 1,
    status: 200,
    bytesSent: true,
    durationMs: 31,
  },
};

function concluded(chunks: readonly ChunkOutcome[]): OutcomeRecord {
  const at = '2026-08-16T09:05:22.734Z';
  return { kind: 'outcome', operationId: EXAMPLE_OPERATION_ID, at, status: statusOf(chunks), chunks };
}

function receipt(intent: IntentRecord, chunks: readonly ChunkOutcome[]): ReceiptDto {
  return receiptOf({ intent, chunks, outcome: concluded(chunks), settlements: [] });
}

/** What a chunk that met a fault adds to its record. */
function faulty(code: string): Pick<ChunkOutcome, 'outcome' | 'fault'> {
  const found = documentedFaults(EXAMPLE_UPSTREAM_REQUEST_ID).find(({ fault }) => fault.code === code);
  if (!found) throw new Error(`${code} is no code of the table`);
  return found;
}

/** 101 alarms in two chunks, of which upstream refused the second; shortened to one alarm of each. */
function mixed(): ReceiptDto {
  const first = { ...APPLIED, alarms: 100 };
  const second: ChunkOutcome = {
    ...APPLIED,
    ...faulty('agent_offline'),
    ...(APPLIED.exchange && { exchange: { ...APPLIED.exchange, status: 400 } }),
  };
  const alarms = Array.from(
    { length: 101 },
    (_, index) => `b5c5d3a0-64d1-4b58-8c3f-${String(index).padStart(12, '0')}`,
  );
  const whole = receipt({ ...INTENT, alarms }, [first, second]);
  return { ...whole, alarms: whole.alarms.slice(-2) };
}

/** No answer came; upstream's state told later that it was done. */
function settled(): ReceiptDto {
  const { operationId, alarms } = INTENT;
  const exchange = { attempts: 3, bytesSent: true, durationMs: 9_400 };
  const chunks: ChunkOutcome[] = [{ alarms: 1, ...faulty('upstream_unanswered'), exchange }];
  const settlement = {
    kind: 'settlement',
    operationId,
    at: '2026-08-16T09:05:43.120Z',
    status: 'applied',
    alarms: alarms.map((eventId) => ({ eventId, outcome: 'applied' }) as const),
    settled: true,
  } as const;
  return receiptOf({ intent: INTENT, chunks, outcome: concluded(chunks), settlements: [settlement] });
}

/** Of an operation on items of a list. */
export function itemReceipt(
  operation: ListOperation,
  items: readonly ItemRecord[],
  outcome: 'applied' | 'already' = 'applied',
): ReceiptDto {
  const told = items.map(({ id, target }) => ({ id, target }));
  const { exchange } = APPLIED;
  const chunk: ChunkOutcome = {
    alarms: items.length,
    outcome,
    verified: true,
    ...(outcome === 'applied' && exchange && { exchange }),
  };
  return receipt({ ...INTENT, operation, alarms: [], items: told }, [chunk]);
}

/** 101 items in two chunks, of which upstream refused the second; shortened to one item of each. */
export function mixedItemReceipt(
  operation: ListOperation,
  { target }: Pick<ItemRecord, 'target'>,
): ReceiptDto {
  const fault = faulty('alarm_not_found').fault;
  const exchange = APPLIED.exchange && { ...APPLIED.exchange, status: 400 };
  const chunks: ChunkOutcome[] = [
    { ...APPLIED, verified: true },
    {
      alarms: 1,
      outcome: 'rejected',
      ...(fault && { fault: faultOfItems(fault) }),
      ...(exchange && { exchange }),
    },
  ];
  const ids = ['5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77', '0e8a7c1d2b3f4a5968778695a4b3c2d1'];
  const items = ids.map((id) => ({ id, target }));
  return receipt({ ...INTENT, operation, alarms: [], items }, chunks);
}

export const RECEIPT: ReceiptDto = receipt(INTENT, [APPLIED]);

export const RECEIPT_EXAMPLES: Examples = {
  applied: { summary: 'Applied', value: RECEIPT },
};

export const UNDO_EXAMPLES: Examples = {
  undone: {
    summary: 'Taken back',
    value: receipt(
      {
        ...INTENT,
        operationId: '0198c5f3-1b02-7e55-9d21-2a3b4c5d6e7f',
        operation: 'unhandle',
        undoes: INTENT.operationId,
      },
      [APPLIED],
    ),
  },
};

export const FOUND_EXAMPLES: Examples = {
  ...RECEIPT_EXAMPLES,
  settled: { summary: 'Unknown at first, and found out later', value: settled() },
};

export const MIXED_EXAMPLES: Examples = {
  partially_applied: {
    summary: 'The second of two exchanges was refused',
    description: 'Shortened: of 101 alarms only the last two are shown.',
    value: mixed(),
  },
};

export const PAGE_EXAMPLES: Examples = {
  page: {
    summary: 'A page, and another one after it',
    value: {
      items: [
        receiptSummaryOf(summaryOf({ intent: INTENT, chunks: [APPLIED], outcome: concluded([APPLIED]) })),
      ],
      nextCursor: 'AZjF8nwlfUGMO15venub-A',
    },
  },
  full: { summary: 'With `view=full`', value: { items: [RECEIPT] } },
  last: { summary: 'The last page', value: { items: [] } },
};

export const ALARM_FATES_EXAMPLES: Examples = {
  page: {
    summary: 'A page, and another one after it',
    value: { items: mixed().alarms, nextCursor: 'MTAwMA' },
  },
};

export const ITEM_FATES_EXAMPLES: Examples = {
  last: {
    summary: 'The last page',
    value: {
      items: itemReceipt('remove_login_whitelist_entries', [
        {
          id: '5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77',
          target: { privateIp: '192.168.0.31', loginIp: '203.0.113.7', loginUserName: 'deploy' },
        },
      ]).items,
    },
  },
};

const MANY: IntentRecord = {
  ...INTENT,
  alarms: Array.from(
    { length: 250 },
    (_, index) => `b5c5d3a0-64d1-4b58-8c3f-${String(index).padStart(12, '0')}`,
  ),
  background: true,
};
const PART: ChunkOutcome = { ...APPLIED, alarms: 100 };

/** Of an operation of 250 alarms that was cancelled after its first two chunks. */
export const PENDING_OUTCOME: OutcomeRecord = concluded([
  PART,
  PART,
  { alarms: 50, outcome: 'not_attempted', fault: faultFor('cancelled') },
]);

/** Of 250 alarms, shortened to the first. */
function pending(chunks: readonly ChunkOutcome[], cancellation?: CancellationRecord): ReceiptDto {
  const whole = receiptOf({ intent: MANY, chunks, ...(cancellation && { cancellation }) });
  return { ...whole, alarms: whole.alarms.slice(0, 1) };
}

const SHORTENED = 'Shortened: of 250 alarms only the first is shown.';

export const PENDING_EXAMPLES: Examples = {
  pending: { summary: 'Accepted, and goes on in the background', description: SHORTENED, value: pending([]) },
};

export const CANCELLED_EXAMPLES: Examples = {
  cancelled: {
    summary: 'Stops before its third chunk',
    description: SHORTENED,
    value: pending([PART, PART], {
      kind: 'cancellation',
      operationId: EXAMPLE_OPERATION_ID,
      at: '2026-08-16T09:05:25.310Z',
      requestId: EXAMPLE_REQUEST_ID,
      caller: 'soc-portal',
    }),
  },
};
