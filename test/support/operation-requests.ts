import fc from 'fast-check';

import { OPERATION_TYPE_NAMES, type OperationType } from '../../src/domain/operation-type.js';

export type JsonObject = Record<string, unknown>;

/** What each detail object must carry, by operation type: contract 1.6, written down without looking at the source. */
export const NEEDED_DETAILS: Readonly<Record<OperationType, readonly string[]>> = {
  mark_as_handled: [],
  unhandle: [],
  ignore: [],
  do_not_ignore: [],
  add_to_alarm_whitelist: ['keyword', 'hash'],
  remove_from_alarm_whitelist: ['keyword', 'hash'],
  add_to_login_whitelist: ['loginIp', 'privateIp', 'loginUserName'],
  remove_from_login_whitelist: ['loginIp', 'privateIp', 'loginUserName'],
  isolate_and_kill: ['agentId', 'fileHash', 'filePath', 'processPid'],
  do_not_isolate_or_kill: ['agentId', 'fileHash', 'filePath', 'processPid'],
};

/** Text as callers write it: any script, no control characters. */
function words(most: number): fc.Arbitrary<string> {
  const short = fc.string({ unit: 'grapheme', minLength: 1, maxLength: Math.min(most, 12) });
  const unit = fc.constantFrom(...'abcXYZ0189-_./:äß中');
  return fc.oneof(
    // eslint-disable-next-line no-control-regex
    short.filter((text) => text.length <= most && !/[\u0000-\u001f\u007f\u0085\u2028\u2029]/.test(text)),
    fc.string({ unit, minLength: 1, maxLength: most }),
  );
}

const DETAIL_FIELDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  agentId: words(64),
  processPid: fc.nat(2_147_483_647),
  fileHash: words(256),
  filePath: words(256),
  fileAttr: fc.oneof(fc.nat(), words(256)),
  keyword: words(256),
  hash: words(256),
  privateIp: words(128),
  loginIp: words(256),
  loginUserName: words(256),
  containerId: words(256),
  containerName: words(512),
};

/** Detail objects that carry at least what is needed. */
export const detail = (needed: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.record(DETAIL_FIELDS, { requiredKeys: [...needed] });

const occurTime = fc.oneof(
  fc.maxSafeNat(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
  fc
    .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
    .map((date) => date.toISOString()),
);

const alarm = (needed: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.record(
    {
      eventId: words(64),
      eventClassId: words(64),
      eventType: fc.nat(2_147_483_647),
      occurTime,
      details: fc.array(detail(needed), { minLength: needed.length > 0 ? 1 : 0, maxLength: 3 }),
    },
    {
      requiredKeys: [
        'eventId',
        'eventClassId',
        'eventType',
        'occurTime',
        ...(needed.length > 0 ? ['details' as const] : []),
      ],
    },
  );

const rule: fc.Arbitrary<JsonObject> = fc.record(
  {
    eventType: fc.nat(2_147_483_647),
    fieldKey: fc.constantFrom(
      'file/process hash',
      'file_path',
      'process_path',
      'login_ip',
      'reg_key',
      'username',
    ),
    fieldValue: words(512),
    judgeType: fc.constantFrom('equal', 'contain'),
    scope: fc.boolean(),
    agentIds: fc.array(words(64), { minLength: 1, maxLength: 3 }),
    instanceIds: fc.array(words(64), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['eventType', 'fieldKey', 'fieldValue', 'judgeType'] },
);

const scope: fc.Arbitrary<JsonObject> = fc.record(
  {
    project: words(64),
    enterpriseProjectId: fc.oneof(fc.constantFrom('0', 'all_granted_eps'), fc.uuid()),
    containerId: words(256),
    containerName: words(512),
  },
  { requiredKeys: [] },
);

/** Valid requests of one operation type. */
export function requestOf(operation: OperationType): fc.Arbitrary<JsonObject> {
  return fc.record(
    {
      operation: fc.constant(operation),
      alarms: fc.uniqueArray(alarm(NEEDED_DETAILS[operation]), {
        minLength: 1,
        maxLength: 3,
        selector: ({ eventId }) => eventId,
      }),
      remark: words(256),
      scope,
      ...(operation === 'add_to_alarm_whitelist' && {
        whitelistRules: fc.array(rule, { minLength: 1, maxLength: 3 }),
      }),
    },
    { requiredKeys: ['operation', 'alarms'] },
  );
}

/** An alarm by its id, alone or with its time. */
const reference = fc.oneof(
  words(64),
  fc.record({ eventId: words(64), occurTime }, { requiredKeys: ['eventId'] }),
);

/** Valid requests that name their alarms by their ids. */
function requestById(operation: OperationType): fc.Arbitrary<JsonObject> {
  const alarmIds = fc.uniqueArray(reference, {
    minLength: 1,
    maxLength: 5,
    selector: (named) => (typeof named === 'string' ? named : named.eventId),
  });
  return fc
    .tuple(requestOf(operation), alarmIds)
    .map(([{ alarms: _, ...rest }, ids]) => ({ ...rest, alarmIds: ids }));
}

/** Valid requests of any operation type. */
export const anyRequest: fc.Arbitrary<JsonObject> = fc
  .constantFrom(...OPERATION_TYPE_NAMES)
  .chain((operation) =>
    fc.oneof(
      { arbitrary: requestOf(operation), weight: 3 },
      { arbitrary: requestById(operation), weight: 1 },
    ),
  );
