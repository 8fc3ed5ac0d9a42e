import { OPERATIONS } from '../domain/operation-type.js';
import { withoutRight } from '../http/document/edge-problems.js';
import { EXAMPLE_UPSTREAM_REQUEST_ID } from '../http/document/example-ids.js';
import type { ContractOptions, Examples } from '../http/document/contract.js';
import type { DtoClass } from '../http/validation/field.js';
import { IDEMPOTENCY_KEY } from '../http/idempotency-key.js';
import { OPERATION_PROBLEMS } from '../operations/operations.contract.js';
import { operationProblem } from '../operations/receipts/answer.js';
import { ReceiptDto } from '../operations/receipts/receipt.dto.js';
import { itemReceipt, mixedItemReceipt } from '../operations/receipts/receipt.examples.js';
import { invalidRequest, Problem, problemOfFault } from '../problems/problem.js';
import { documentedFaults, documentedReadFaults, faultOfItems, UNKNOWN_PROJECT_FAULT } from '../hss/index.js';
import { changeCommandOf, changeViolations } from './list-changes.js';
import type { EntryField, ListChange, ListDescriptor } from './list-descriptor.js';
import { listQueryViolations } from './list-query.js';
import type { ItemsRequestDto, ListClasses } from './list.dto.js';

export function listContract(
  descriptor: ListDescriptor,
  query: ListClasses['query'],
  page: DtoClass,
): ContractOptions {
  const where = 'in enterprise project all_granted_eps of project demo';
  const wrong = { limit: '0', enterpriseProjectId: 'all', user: 'me' };
  return {
    id: descriptor.operationId,
    answers: {
      200: { description: 'A page of the list.', type: page, examples: pageExamples(descriptor) },
    },
    problems: [
      invalidRequest(listQueryViolations(descriptor, query, wrong)),
      'listing_too_long',
      withoutRight('read'),
      new Problem(
        403,
        'not_granted',
        `Caller soc-portal is not granted the right read ${where}. Nothing was done.`,
      ),
      new Problem(403, 'denied', `Caller soc-portal is denied the right read ${where}. Nothing was done.`),
      problemOfFault(UNKNOWN_PROJECT_FAULT),
      ...documentedReadFaults(EXAMPLE_UPSTREAM_REQUEST_ID).map((fault) => problemOfFault(fault)),
    ],
  };
}

function examplesOf(fields: Readonly<Record<string, EntryField>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, { example }]) => [name, example]));
}

/** Pages of one entry that has the example of each of its fields. */
function pageExamples({ target, fields }: ListDescriptor): Examples {
  const members = Object.entries(fields).map(([name, field]) => [
    name,
    'wire' in field ? field.example : examplesOf(field.fields),
  ]);
  const identity = target && { id: '5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77', target: examplesOf(target.fields) };
  const entry = { ...identity, ...(Object.fromEntries(members) as object) };
  return {
    page: {
      summary: 'A page, and another one after it',
      value: { items: [entry], nextCursor: 'WyJ4WmRhYTN2NHBRMXciLDUwLCI1ZDBjMmY0ZiIsMTIwXQ' },
    },
    last: { summary: 'The last page', value: { items: [] } },
  };
}

export function changeContract(
  descriptor: ListDescriptor,
  change: ListChange,
  type: new () => ItemsRequestDto,
): ContractOptions {
  const { operation } = change;
  const item = examplesOf(descriptor.target?.fields ?? {});
  const request = { items: [item], remark: change.exampleRemark };
  const { items = [] } = changeCommandOf(descriptor, change, request);
  return {
    id: change.operationId,
    acts: true,
    headers: [IDEMPOTENCY_KEY],
    body: {
      description: 'Which items, why and where.',
      type,
      examples: { [operation]: { summary: OPERATIONS[operation].title, value: request } },
    },
    answers: {
      200: {
        description: 'Every item is as it was wanted, or was so before.',
        type: ReceiptDto,
        examples: {
          applied: { summary: 'Applied', value: itemReceipt(operation, items) },
          already: { summary: 'It was so before', value: itemReceipt(operation, items, 'already') },
        },
      },
      207: {
        description: 'The items have different outcomes; the receipt has each one.',
        type: ReceiptDto,
        examples: {
          partially_applied: {
            summary: 'The second of two exchanges was refused',
            description: 'Shortened: of 101 items only the last two are shown.',
            value: mixedItemReceipt(operation, items[0] ?? { target: {} }),
          },
        },
      },
    },
    problems: changeProblems(descriptor, change, type, item),
  };
}

/** What such a request can end in. */
function changeProblems(
  descriptor: ListDescriptor,
  change: ListChange,
  type: new () => ItemsRequestDto,
  item: object,
): Problem[] {
  const notFound = documentedFaults(EXAMPLE_UPSTREAM_REQUEST_ID).find(
    ({ fault }) => fault.code === 'alarm_not_found',
  );
  if (!notFound) throw new Error('alarm_not_found is no code of the table');
  const { id } = itemReceipt(change.operation, []);
  const bad = { items: [item, item, {}], remark: '', reason: 'SEC-1234' };
  const rejected = { id, status: 'rejected' as const, exchanges: [{ alarmCount: 1, bytesSent: true }] };
  return [
    invalidRequest(changeViolations(descriptor, change, type, bad, 1_000)),
    operationProblem(rejected, faultOfItems(notFound.fault)),
    ...OPERATION_PROBLEMS.filter(({ code }) => code !== 'alarm_not_found'),
  ];
}
