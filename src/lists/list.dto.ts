import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';

import { decorateMember, describeMembers, type MemberWords } from '../validation/described-members.js';
import { RequestSchema } from '../validation/fields.js';
import type { DtoClass } from '../validation/fields.js';
import { Flag, Formed, ListOf, ObjectOf, OneOf, Text, Whole } from '../validation/fields.js';
import { ENTERPRISE_PROJECT } from '../domain/scope.js';
import { Last, Limit, Moment, WholeParameter, Words } from './filter-fields.js';
import type {
  EntryFields,
  FilterFields,
  FilterType,
  FlagField,
  ListChange,
  ListDescriptor,
  MembersOf,
  TargetField,
} from './list-descriptor.js';

/** Where to read. As it travels in a query string: every value is a string. */
export class ScopeQueryDto {
  /**
   * Project name as the gateway is configured. May be left out where you are granted only one.
   * @example 'demo'
   */
  @Text(1, 64, { optional: true })
  project?: string;

  /**
   * Enterprise project: `0` is the default one; `all_granted_eps`, every one, takes a grant of its own. Left out: the
   * project's configured one.
   * @example '0'
   */
  @Formed(ENTERPRISE_PROJECT, '0, a UUID, or all_granted_eps', { optional: true })
  enterpriseProjectId?: string;
}

/** Where to read, and how much at once. */
export class ListQueryDto extends ScopeQueryDto {
  /**
   * How many to list at most.
   * @example 20
   */
  @Limit()
  limit?: string;

  /** `nextCursor` of the page before, with all else as it was. */
  @Text(1, 1024, {
    optional: true,
    schema: { example: 'WyJLWVVmbVlNQlJQbk8iLDUwLCI1ZDBjMmY0ZiIsMTIwXQ' },
  })
  cursor?: string;
}

@RequestSchema('ItemScope', 'Where the list is.')
export class ItemScopeDto {
  /**
   * Project name as the gateway is configured. May be left out where you are granted only one.
   * @example 'demo'
   */
  @Text(1, 64, { optional: true })
  project?: string;

  /**
   * Enterprise project: `0` is the default one, also where it is a number; `all_granted_eps`, every one, takes a grant of its
   * own. Left out: the project's configured one.
   * @example '0'
   */
  @Formed(ENTERPRISE_PROJECT, '0, a UUID, or all_granted_eps', { optional: true })
  enterpriseProjectId?: string;
}

/** What all requests that change a list have in common. */
export class ItemsRequestDto {
  /** Why, in your words: kept with the records; upstream takes no remark here. */
  @Text(1, 256, { optional: true, schema: { example: 'SEC-1234' } })
  remark?: string;

  /** Where. */
  @ObjectOf(() => ItemScopeDto, { optional: true })
  scope?: ItemScopeDto;
}

/** The classes of one list: what its query string is held against, and what the document shows of its pages. */
export interface ListClasses {
  readonly query: new () => ListQueryDto;
  readonly page: DtoClass;
  /** What the body of each change is held against. */
  readonly requests: ReadonlyMap<ListChange, new () => ItemsRequestDto>;
}

/** Makes the classes of a list; their names in the document come from its descriptor. */
export function classesOf(descriptor: ListDescriptor): ListClasses {
  return {
    query: filterClass(ListQueryDto, `${descriptor.entry[0]}Query`, descriptor.filters),
    page: pageClass(descriptor),
    requests: new Map(descriptor.changes.map((change) => [change, requestClass(descriptor, change)])),
  };
}

/** One member of a class that is made here. */
interface Member extends MemberWords {
  readonly decorator?: PropertyDecorator;
}

function classOf<T extends DtoClass>(
  base: T,
  name: string,
  members: Readonly<Record<string, Member>>,
  schema?: ClassDecorator,
): T {
  const type = class extends (base as DtoClass) {};
  Object.defineProperty(type, 'name', { value: `${name}Dto` });
  const words = Object.entries(members).map(([member, { decorator, ...rest }]) => {
    if (decorator) decorateMember(type, member, decorator, rest.type?.());
    return [member, rest] as const;
  });
  describeMembers(type, Object.fromEntries(words));
  schema?.(type);
  return type as unknown as T;
}

class Answer {}

export function answerClass(
  [name, description]: readonly [string, string],
  members: Readonly<Record<string, Member>>,
): DtoClass {
  return classOf(Answer, name, members, ApiSchema({ name, description }));
}

/** A class with filters of a list, each checked and documented as its field says. */
export function filterClass<T extends DtoClass, Fields extends FilterFields>(
  base: T,
  name: string,
  filters: Fields,
): new () => InstanceType<T> & MembersOf<Fields> {
  const members = Object.entries(filters).map(([filter, { type, description, example }]) => {
    const decorator = parameterOf(type);
    return [filter, { decorator, description, example, required: false, type: () => String }] as const;
  });
  return classOf(base, name, Object.fromEntries(members)) as never;
}

function parameterOf(type: FilterType): PropertyDecorator {
  switch (type.kind) {
    case 'text':
      return Text(type.min, type.max, { optional: true });
    case 'whole':
      return WholeParameter(type.min, type.max);
    case 'word':
      return OneOf(type.words, { optional: true });
    case 'words':
      return Words(type.rule);
    case 'moment':
      return Moment();
    case 'last':
      return Last(type);
  }
}

function pageClass({ entry, page, plural, target, fields }: ListDescriptor): DtoClass {
  const entryType = answerClass(entry, { ...(target && identityOf(target)), ...shownAll(fields) });
  return answerClass(page, {
    items: {
      decorator: ApiProperty({ type: [entryType] }),
      description: `The ${plural}.`,
      required: true,
    },
    nextCursor: {
      description: 'Pass it as `cursor` for the next page; absent at the end.',
      example: 'WyJLWVVmbVlNQlJQbk8iLDUwLCI1ZDBjMmY0ZiIsMTIwXQ',
      required: false,
      type: () => String,
    },
    windowMoved: {
      decorator: ApiProperty({ type: 'boolean', enum: [true], required: false }),
      description: 'The list changed since the page before: some of it may be repeated, or missed.',
      required: false,
    },
  });
}

function identityOf({ schema, takenBy, noun, fields }: ListDescriptor['target'] & object) {
  const about = `What ${takenBy}, to be passed on as it is.`;
  const members = Object.entries(fields).map(
    ([name, field]) => [name, shown(field, !field.optional)] as const,
  );
  const target = answerClass([schema, about], Object.fromEntries(members));
  return {
    id: {
      description: `Id, the same at any time; receipts name the ${noun} by it.`,
      example: EXAMPLE_ID,
      required: true,
      type: () => String,
    },
    target: {
      description: `What ${takenBy}; absent where upstream does not give all of it.`,
      required: false,
      ...lazily(target),
    },
  };
}

const EXAMPLE_ID = '5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77';

/** A class as the document takes it: its builder knows a function that answers a class by the name `type`. */
const lazily = (of: DtoClass) => ({ type: () => of });

/** The members of an answer, as the document has them. */
export function shownAll(fields: EntryFields): Record<string, Member> {
  const members = Object.entries(fields).map(([name, field]) => [name, shown(field)] as const);
  return Object.fromEntries(members);
}

/** A member of an answer: texts need no more than the type, as the compiler's plugin gives it. */
function shown(field: EntryFields[string], required = field.always ?? false): Member {
  const { description } = field;
  if ('fields' in field) {
    const type = answerClass([field.schema, field.about], shownAll(field.fields));
    return { description, required, ...lazily(type) };
  }
  const decorated = (schema: ApiPropertyOptions) =>
    ApiProperty({ ...schema, required } as ApiPropertyOptions);
  if ('read' in field) return { description, required, decorator: decorated(field.schema) };
  const { type, example } = field;
  const words = { description, example, required };
  const as = (of: unknown, schema: ApiPropertyOptions) => ({
    ...words,
    type: () => of,
    decorator: decorated(schema),
  });
  if (type.kind === 'whole') return as(Number, { type: 'integer' });
  if (type.kind === 'time') return as(String, { type: 'string', format: 'date-time' });
  if (type.kind === 'word') return as(String, { enum: [...type.words] });
  return { ...words, type: () => String };
}

function requestClass({ target, plural }: ListDescriptor, change: ListChange): new () => ItemsRequestDto {
  const { request, item, requires = [], itemFlags = {}, requestFlags = {} } = change;
  const taken = Object.entries(target?.fields ?? {}).map(([name, field]) => {
    const optional = field.optional === true && !requires.includes(name);
    return [name, { ...shown(field, !optional), decorator: checked(field.type, optional) }] as const;
  });
  const itemMembers = { ...Object.fromEntries(taken), ...flagged(itemFlags) };
  const itemType = classOf(Answer, item[0], itemMembers, RequestSchema(...item));
  const description = `The ${plural}, each once, at most 10,000 unless the gateway is configured otherwise: \`target\` of the list, as it is.`;
  const items = ListOf(() => itemType, { min: 1 }, { schema: { description } });
  return classOf(
    ItemsRequestDto,
    request[0],
    { items: { decorator: items, description, required: true }, ...flagged(requestFlags) },
    RequestSchema(...request),
  );
}

function checked(type: TargetField['type'], optional: boolean): PropertyDecorator {
  if (type.kind === 'text') return Text(type.min, type.max, { optional });
  return type.kind === 'whole' ? Whole(type.min, type.max, { optional }) : OneOf(type.words, { optional });
}

function flagged(flags: Readonly<Record<string, FlagField>>): Record<string, Member> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { description }]) => {
      const decorator = Flag({ optional: true, schema: { example: false } });
      return [name, { decorator, description, required: false, type: () => Boolean }];
    }),
  );
}
