import type { ApiPropertyOptions } from '@nestjs/swagger';

import type { AlarmFacts } from '../access/grants.js';
import type { ListOperation } from '../domain/operation-type.js';
import type { UpstreamList, ListedRow } from '../hss/index.js';
import type { WordRule } from './filter-fields.js';

/** A text without a maximum length is part of an answer: upstream's value is passed on as it is. */
interface TextType {
  readonly kind: 'text';
  readonly min: number;
  readonly max: number;
  /** Upstream shows numbers in examples, so one is taken for its digits. */
  readonly shownAsNumber?: true;
}

export type ValueType =
  | TextType
  | { readonly kind: 'whole'; readonly min: number; readonly max: number }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'time' };

/** What a filter takes, as it stands in a query string. */
export type FilterType =
  | Exclude<ValueType, { kind: 'time' }>
  | { readonly kind: 'words'; readonly rule: WordRule }
  | { readonly kind: 'moment' }
  /** A length of time before now. */
  | { readonly kind: 'last'; readonly wholeDaysUpTo?: number; readonly formerly?: readonly string[] };

export const text = (min: number, max: number): TextType => ({ kind: 'text', min, max });
export const whole = (min: number, max: number) => ({ kind: 'whole', min, max }) as const;
export const word = <Word extends string>(words: readonly Word[]) => ({ kind: 'word', words }) as const;
export const words = (rule: WordRule) => ({ kind: 'words', rule }) as const;
export const TEXT = text(1, Infinity);
export const WHOLE = whole(-Infinity, Infinity);
export const TIME = { kind: 'time' } as const;
export const EVENT_TYPE_CODE = whole(1_000, 30_000);

/** A time and a hash in examples. */
export const AT = '2026-08-16T09:05:22.734Z';
export const HASH = 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d';

/** A member: upstream's name, what it is, and what the document says of it. */
export function field<Type extends FilterType | ValueType>(
  wire: string,
  type: Type,
  description: string,
  example: unknown,
): Words & { readonly wire: string; readonly type: Type } {
  return { wire, type, description, example };
}

export const ENTERPRISE_PROJECT_NAME = field(
  'enterprise_project_name',
  TEXT,
  'Name of its enterprise project.',
  'default',
);

/** What the document says of a member. */
interface Words {
  readonly description: string;
  readonly example: unknown;
}

export interface FilterField extends Words {
  readonly type: FilterType;
  /** Upstream's parameter; left out where `more` makes it. */
  readonly wire?: string;
}

export type FilterFields = Readonly<Record<string, FilterField>>;

/** A member of an entry as the API shows it; `wire` is the way to it in upstream's row, such as `host.name`. */
interface EntryField extends Words {
  readonly type: ValueType;
  readonly wire: string;
  /** There is none without it. */
  readonly always?: true;
}

/** A member that is made of a row in a way of its own. */
interface OwnField<Value = unknown> {
  readonly description: string;
  readonly schema: ApiPropertyOptions;
  readonly read: (row: ListedRow) => Value;
  readonly always?: true;
}

/** Several members as an object of their own. */
interface EntryGroup {
  /** Name and description of its schema. */
  readonly schema: string;
  readonly about: string;
  readonly description: string;
  readonly fields: Readonly<Record<string, EntryField | OwnField>>;
  /** It is there even where it is empty. */
  readonly always?: true;
}

/** The members of an object in an answer: its class in the document, its type and its reader are made from them. */
export type EntryFields = Readonly<Record<string, EntryField | OwnField | EntryGroup>>;

type ValueOf<Field> =
  Field extends OwnField<infer Value>
    ? Exclude<Value, undefined>
    : Field extends { readonly fields: infer Fields }
      ? MembersOf<Fields>
      : Field extends { readonly type: { readonly kind: 'word'; readonly words: readonly (infer Word)[] } }
        ? Word
        : Field extends { readonly type: { readonly kind: 'whole' } }
          ? number
          : Field extends { readonly type: { readonly kind: 'words' } }
            ? string | string[]
            : string;

/** What is read of a row, where upstream promises no more than what is always there; and filters as they are asked for. */
export type MembersOf<Fields> = {
  readonly [Name in keyof Fields as Fields[Name] extends { always: true } ? Name : never]: ValueOf<
    Fields[Name]
  >;
} & {
  readonly [Name in keyof Fields as Fields[Name] extends { always: true } ? never : Name]?: ValueOf<
    Fields[Name]
  >;
};

/** A member of what identifies an entry. */
export interface TargetField extends EntryField {
  readonly type: Exclude<ValueType, { kind: 'time' }>;
  readonly optional?: true;
}

export interface FlagField {
  readonly wire: string;
  readonly description: string;
}

/** One thing that can be done to entries of a list: an operation like any other (contract 2.5 to 2.9). */
export interface ListChange {
  readonly operation: ListOperation;
  /** Below the list's own path. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly remarks: string;
  /** Name and description of the request's schema. */
  readonly request: readonly [name: string, description: string];
  /** Of the schema of one item in it. */
  readonly item: readonly [name: string, description: string];
  /** Members of the target that are required here and optional in general. */
  readonly requires?: readonly string[];
  /** What may be said of an item besides its target, and of the request besides its items. */
  readonly itemFlags?: Readonly<Record<string, FlagField>>;
  readonly requestFlags?: Readonly<Record<string, FlagField>>;
}

/** Everything that there is to say of one of upstream's lists: its routes, classes, checks and calls are made from it. */
export interface ListDescriptor {
  readonly list: UpstreamList;
  /** Below `/v1/`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly remarks: string;
  /** Several entries, in one word. */
  readonly plural: string;
  /** Names and descriptions of the schemas of an entry and a page. */
  readonly entry: readonly [name: string, description: string];
  readonly page: readonly [name: string, description: string];
  readonly filters: FilterFields;
  /** Parameters that no single filter makes. @param now epoch milliseconds of the first page */
  readonly more?: (
    query: Readonly<Record<string, unknown>>,
    now: number,
  ) => (readonly [name: string, value: string | undefined])[];
  /** What identifies an entry, and what changes it; left out where entries can only be read. */
  readonly target?: {
    /** Name of its schema. */
    readonly schema: string;
    /** What takes it: goes on with `take` or `takes`. */
    readonly takenBy: string;
    /** What receipts name by the entry's id. */
    readonly noun: string;
    readonly fields: Readonly<Record<string, TargetField>>;
  };
  readonly fields: EntryFields;
  /** What a caller's grants may be limited by, of one row. */
  readonly facts: (row: ListedRow) => AlarmFacts;
  readonly changes: readonly ListChange[];
}
