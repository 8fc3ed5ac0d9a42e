import {
  isOperationType,
  OPERATION_TYPE_NAMES,
  OPERATIONS,
  type OperationType,
} from '../../domain/operation-type.js';
import {
  RequestSchema,
  FieldOf,
  fieldsOf,
  requiring,
  type DtoClass,
  type Field,
  ListOf,
  OneOf,
} from '../../validation/fields.js';
import { Moment } from '../../lists/filter-fields.js';
import { AlarmDetailDto, AlarmDto, OperationRequestDto, WhitelistRuleDto } from './operation-request.dto.js';

/** What can be done for a time: acts that only keep an alarm quiet. */
export const TIME_BOXED: readonly OperationType[] = [
  'ignore',
  'add_to_alarm_whitelist',
  'add_to_login_whitelist',
];

/** `isolate_and_kill` -> `IsolateAndKill`. */
function pascalCase(operation: string): string {
  return operation.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function subclass<T extends DtoClass>(base: T, name: string): T {
  const type = class extends (base as DtoClass) {};
  Object.defineProperty(type, 'name', { value: name });
  return type as unknown as T;
}

/** The alarm of an operation type: as in general, or with details that it requires. */
function alarmFor(operation: OperationType): typeof AlarmDto {
  const { requiredDetails } = OPERATIONS[operation];
  if (requiredDetails.length === 0) return AlarmDto;
  const name = pascalCase(operation);
  const detail = requiring(AlarmDetailDto, `${name}Detail`, operation, requiredDetails);
  RequestSchema(`${name}Detail`, `A detail object as ${operation} requires it.`)(detail);
  const alarm = subclass(AlarmDto, `${name}Alarm`);
  RequestSchema(`${name}Alarm`, `An alarm as ${operation} requires it.`)(alarm);
  const details = fieldsOf(AlarmDto).get('details');
  if (!details) throw new Error('AlarmDto has no details');
  const description = `Detail objects, at least one; each must have ${requiredDetails.join(', ')}.`;
  const schema = { ...details.schema, type: () => [detail], minItems: 1, description } as Field['schema'];
  FieldOf({
    ...details,
    schema,
    nested: () => detail,
    optional: false,
    requiredFor: operation,
    message: 'must be a list of 1 to 100 objects',
    test: (value) => details.test(value) && (value as unknown[]).length > 0,
  })(alarm.prototype, 'details');
  return alarm;
}

/** The request of an operation type: one class each, so that each shows its own requirements in the document. */
function requestFor(operation: OperationType): typeof OperationRequestDto {
  const request = subclass(OperationRequestDto, `${pascalCase(operation)}Request`);
  const either = { oneOf: [{ required: ['alarms'] }, { required: ['alarmIds'] }] };
  RequestSchema(`${pascalCase(operation)}Request`, `${OPERATIONS[operation].title}.`, either)(request);
  const alarm = alarmFor(operation);
  OneOf([operation], { schema: { example: operation, description: OPERATIONS[operation].title } })(
    request.prototype,
    'operation',
  );
  ListOf(() => alarm, { min: 1 }, { optional: true })(request.prototype, 'alarms');
  if (operation === 'add_to_alarm_whitelist') {
    const schema = { description: 'Rules of your own that go on the whitelist with the alarms.' };
    ListOf(
      () => WhitelistRuleDto,
      { min: 1, max: 100 },
      { optional: true, schema },
    )(request.prototype, 'whitelistRules');
  }
  if (TIME_BOXED.includes(operation)) {
    const schema = {
      description:
        'Until when: a time to come, at most a year ahead. The gateway takes the act back then, of the alarms that it changed.',
      example: '2027-01-31T00:00:00Z',
    };
    // The document asks for the type of a property that no source declares.
    Reflect.defineMetadata('design:type', Object, request.prototype, 'expiresAt');
    Moment({ inBody: true, schema })(request.prototype, 'expiresAt');
  }
  return request;
}

const types = OPERATION_TYPE_NAMES.map((operation) => [operation, requestFor(operation)] as const);

/** One request class for each operation type, made from the table of conditional fields (contract 1.6). */
export const OPERATION_REQUESTS = Object.fromEntries(types) as Readonly<
  Record<OperationType, typeof OperationRequestDto>
>;

/** The class to hold a body against: its operation type's, or the common one when it names none. */
export function requestTypeOf(body: unknown): typeof OperationRequestDto {
  const operation = (body as { operation?: unknown } | null)?.operation;
  return isOperationType(operation) ? OPERATION_REQUESTS[operation] : OperationRequestDto;
}
