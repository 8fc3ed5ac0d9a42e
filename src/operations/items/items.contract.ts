import type { ContractOptions, Examples } from '../../http/document/contract.js';
import { EXAMPLE_UPSTREAM_REQUEST_ID } from '../../http/document/example-ids.js';
import { IDEMPOTENCY_KEY } from '../../http/idempotency-key.js';
import { invalidRequest, type Problem } from '../../problems/problem.js';
import { OPERATIONS } from '../../domain/operation-type.js';
import { documentedFaults, faultOfItems } from '../../hss/index.js';
import { operationProblem } from '../receipts/answer.js';
import { OPERATION_PROBLEMS } from '../operations.contract.js';
import { ReceiptDto } from '../receipts/receipt.dto.js';
import { itemReceipt, mixedItemReceipt } from '../receipts/receipt.examples.js';
import { itemCommandOf } from './item-command.js';
import {
  ALARM_WHITELIST_REMOVAL,
  FILE_DELETION,
  FILE_RESTORATION,
  LOGIN_WHITELIST_REMOVAL,
  UNBLOCKING,
  type ItemKind,
} from './item-kinds.js';
import type { ItemsRequestDto } from './item-requests.dto.js';
import { itemRequestViolations } from './item-rules.js';

const FILE = {
  hostId: '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e',
  fileHash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
  filePath: '/usr/test',
  fileAttr: '33261',
};

/** What such a request can end in, for the document. */
function problemsOf<Item>(kind: ItemKind<Item, never>, item: Item): Problem[] {
  const notFound = documentedFaults(EXAMPLE_UPSTREAM_REQUEST_ID).find(
    ({ fault }) => fault.code === 'alarm_not_found',
  );
  if (!notFound) throw new Error('alarm_not_found is no code of the table');
  const fault = faultOfItems(notFound.fault);
  const { id } = itemReceipt(kind.operation, []);
  const bad = { items: [item, item, {}], remark: '', reason: 'SEC-1234' };
  return [
    invalidRequest(itemRequestViolations(kind, bad, 1_000)),
    operationProblem({ id, status: 'rejected', exchanges: [{ alarmCount: 1, bytesSent: true }] }, fault),
    ...OPERATION_PROBLEMS.filter(({ code }) => code !== 'alarm_not_found'),
  ];
}

function contractOf<Item, Request extends ItemsRequestDto & { readonly items: readonly Item[] }>(
  id: string,
  kind: ItemKind<Item, Request>,
  request: Request & { readonly items: readonly [Item] },
): ContractOptions {
  const { title } = OPERATIONS[kind.operation];
  const { items = [] } = itemCommandOf(kind, request);
  const applied: Examples = {
    applied: { summary: 'Applied', value: itemReceipt(kind.operation, items) },
    already: { summary: 'It was so before', value: itemReceipt(kind.operation, items, 'already') },
  };
  return {
    id,
    acts: true,
    headers: [IDEMPOTENCY_KEY],
    body: {
      description: 'Which items, why and where.',
      type: kind.request,
      examples: { [kind.operation]: { summary: title, value: request } },
    },
    answers: {
      200: {
        description: 'Every item is as it was wanted, or was so before.',
        type: ReceiptDto,
        examples: applied,
      },
      207: {
        description: 'The items met different fates; the receipt tells each one.',
        type: ReceiptDto,
        examples: {
          partially_applied: {
            summary: 'The second of two exchanges was refused',
            description: 'Shortened: of 101 items only the last two are shown.',
            value: mixedItemReceipt(kind.operation, items[0] ?? { target: {} }),
          },
        },
      },
    },
    problems: problemsOf(kind as ItemKind<Item, never>, request.items[0]),
  };
}

export const REMOVE_ALARM_ENTRIES = contractOf('removeAlarmWhitelistEntries', ALARM_WHITELIST_REMOVAL, {
  items: [{ eventType: 1010, hash: FILE.fileHash, description: 'file_path=/usr/test' }],
  remark: 'SEC-1234',
});
export const REMOVE_LOGIN_ENTRIES = contractOf('removeLoginWhitelistEntries', LOGIN_WHITELIST_REMOVAL, {
  items: [{ privateIp: '192.168.0.31', loginIp: '203.0.113.7', loginUserName: 'deploy' }],
  remark: 'SEC-1234',
});
export const RESTORE_FILES = contractOf('restoreIsolatedFiles', FILE_RESTORATION, {
  items: [FILE],
  remark: 'SEC-1234: false alarm',
});
export const DELETE_FILES = contractOf('deleteIsolatedFiles', FILE_DELETION, {
  items: [FILE],
  remark: 'SEC-1234',
});
export const UNBLOCK = contractOf('unblockAddresses', UNBLOCKING, {
  items: [{ hostId: FILE.hostId, sourceIp: '203.0.113.66', loginType: 'ssh' }],
  remark: 'SEC-1234: our own scanner',
});
