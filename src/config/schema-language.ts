import type { Format } from './formats.js';

/** What is said of a setting beside the values it takes. */
export interface Usage {
  /** One or two sentences for the reference. */
  readonly doc?: string;
  /** The variable that sets it. A secret may also be in a file, which `<env>_FILE` names. */
  readonly env?: string;
  /** Its key in the mapping it belongs to, where that is not its own name; `false`: it cannot be set in the file. */
  readonly file?: string | false;
  /** As it would be written. */
  readonly default?: string | number | readonly string[];
  /** The default of the project that variables describe, where projects of the file have another or none. */
  readonly environmentDefault?: string;
  /** It may be absent, and has no default. */
  readonly optional?: true;
  /** What holds in its absence. */
  readonly absent?: string;
}

/** Part of a JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is made of a text; undefined: it is refused. */
export type Parsed<T> = { readonly value: T } | undefined;

/** Carries the type of the value and nothing at run time. */
interface Typed<T> {
  readonly type?: () => T;
}

export interface Scalar<T = unknown> extends Usage, Typed<T> {
  readonly kind: 'scalar';
  /** Completes the sentence "must be ...". */
  readonly allowed: string;
  readonly parse: (text: string) => Parsed<unknown>;
  /** The words that a near miss may have meant. */
  readonly words?: readonly string[];
  /** What an editor checks of a text, a number or a boolean in the file. */
  readonly json: JsonSchema;
  /** How the value is shown; undefined: not at all. */
  readonly shown?: (value: never) => string | number | boolean | undefined;
}

/** Written in place or read from a file. Resolves to two members: the text under its name, and `<name>File`. */
export interface Secret<T = unknown> extends Usage, Typed<T> {
  readonly kind: 'secret';
  readonly format?: Format;
  /** What is wrong with it beyond its format, in words that hold nothing of it. */
  readonly check?: (text: string) => string | undefined;
}

export interface List<T = unknown> extends Usage, Typed<T> {
  readonly kind: 'list';
  readonly item: Node;
  /** Completes the sentence "must be a list of at least one ...". */
  readonly what: string;
  /** The member by which an item is named where it is shown; absent: by its place. */
  readonly label?: string;
}

export type Members = Readonly<Record<string, Node>>;

export interface ObjectNode<T = unknown, M extends Members = Members> extends Usage, Typed<T> {
  readonly kind: 'object';
  readonly members: M;
  /** Its members stand in the mapping that the object itself belongs to. */
  readonly flat?: true;
  /** How it is shown in one line, instead of member by member. */
  readonly shown?: (value: never) => string;
  /** What an editor checks beside the members. */
  readonly json?: JsonSchema;
}

interface Variant {
  /** The `kind` of this variant, as the file and the variable have it. */
  readonly inFile: string;
  readonly inEnvironment: string;
  readonly node: ObjectNode;
}

/** One of several mappings, distinguished by `kind`; the first is meant where none is named. */
export interface Union<T = unknown> extends Usage, Typed<T> {
  readonly kind: 'union';
  readonly variants: Readonly<Record<string, Variant>>;
}

export type Node<T = unknown> = Scalar<T> | Secret<T> | List<T> | ObjectNode<T> | Union<T>;

/** What a part of the schema resolves to. */
export type Value<N> = N extends Typed<infer T> ? T : never;

export type Flattened<T> = { [K in keyof T]: T[K] } & {};
type MembersOf<M> = Flattened<
  {
    readonly [K in keyof M as undefined extends Value<M[K]> ? never : K]: Value<M[K]>;
  } & {
    readonly [K in keyof M as undefined extends Value<M[K]> ? K : never]?: Exclude<Value<M[K]>, undefined>;
  } & {
    readonly [K in keyof M as M[K] extends { kind: 'secret' } ? `${K & string}File` : never]?: string;
  }
>;
type Used<U, T> = U extends { readonly optional: true } ? T | undefined : T;
type VariantsOf<V extends Readonly<Record<string, Variant>>> = {
  [K in keyof V]: Flattened<{ readonly kind: K } & Value<V[K]['node']>>;
}[keyof V];

type Form<T> = Pick<Scalar, 'allowed' | 'json'> &
  Partial<Pick<Scalar, 'words' | 'shown'>> & { readonly parse: (text: string) => Parsed<T> };

function scalar<T, U extends Usage>(form: Form<T>, usage: U | undefined): Scalar<Used<U, T>> {
  return { kind: 'scalar', ...form, ...usage };
}

/** A text of a format, or what is made of it. */
export function text<const U extends Usage>(format: Format, usage?: U): Scalar<Used<U, string>>;
export function text<T, const U extends Usage>(
  format: Format,
  usage: U | undefined,
  made: (text: string) => T,
): Scalar<Used<U, T>>;
export function text(
  { pattern, allowed }: Format,
  usage?: Usage,
  made: (text: string) => unknown = (written) => written,
): Scalar {
  const parse = (written: string) => (pattern.test(written) ? { value: made(written) } : undefined);
  // YAML reads some texts as numbers or booleans, which the gateway takes as they are written.
  const samples = {
    number: ['0', '1010', '0.5', '9'.repeat(32), '9'.repeat(64)],
    boolean: ['true', 'false'],
  };
  const others = Object.entries(samples).filter(([, words]) => words.some((word) => pattern.test(word)));
  const type = ['string', ...others.map(([name]) => name)];
  return scalar({ allowed, parse, json: { type, pattern: pattern.source } }, usage);
}

/** A text that more than a format is asked of. */
export function parsed<T, const U extends Usage = Usage>(
  allowed: string,
  parse: (text: string) => T | undefined,
  usage?: U & { readonly shown?: (value: T) => string },
): Scalar<Used<U, T>> {
  const form = {
    allowed,
    parse: (written: string): Parsed<T> => {
      const value = parse(written);
      return value === undefined ? undefined : { value };
    },
    json: { type: 'string', minLength: 1 },
  };
  return scalar(form, usage);
}

/** Texts with commas between them, for variables. */
export function commaSeparated<const U extends Usage>(
  allowed: string,
  isItem: (text: string) => boolean,
  usage: U,
): Scalar<Used<U, readonly string[]>> {
  return parsed<readonly string[], U>(
    allowed,
    (written) => {
      const items = written.split(',').map((item) => item.trim());
      return items.every(isItem) ? items : undefined;
    },
    usage,
  );
}

/** @param unit what one is of the value that the program works with, such as an hour in milliseconds */
export function integer<const U extends Usage>(
  min: number,
  max: number,
  usage: U,
  unit = 1,
): Scalar<Used<U, number>> {
  const digits = /^(?:0|[1-9]\d{0,14})$/;
  const form: Form<number> = {
    allowed: `a whole number from ${min} to ${max}`,
    parse: (written) => {
      const value = digits.test(written) ? Number(written) : NaN;
      return value >= min && value <= max ? { value: value * unit } : undefined;
    },
    json: { type: ['integer', 'string'], minimum: min, maximum: max, pattern: digits.source },
  };
  return scalar(form, usage);
}

/** One of a few words, or what it stands for. */
export function choice<const W extends string, const U extends Usage>(
  words: readonly W[],
  usage?: U,
): Scalar<Used<U, W>>;
export function choice<const W extends string, const U extends Usage, T>(
  words: readonly W[],
  usage: U,
  made: (word: W) => T,
): Scalar<Used<U, T>>;
export function choice(
  words: readonly string[],
  usage?: Usage,
  made: (word: string) => unknown = (word) => word,
): Scalar {
  const form: Form<unknown> = {
    allowed: words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`,
    words,
    parse: (written) => (words.includes(written) ? { value: made(written) } : undefined),
    // YAML reads two of them as booleans.
    json: {
      enum: words.flatMap((word) => (/^(?:true|false)$/.test(word) ? [word === 'true', word] : [word])),
    },
  };
  return scalar(form, usage);
}

/** `1` or `0` in a variable. */
export const flag = <const U extends Usage>(usage: U) => choice(['1', '0'], usage, (word) => word === '1');

/** `true` or `false` in the file. */
export const boolean = <const U extends Usage>(usage: U) =>
  choice(['true', 'false'], usage, (word) => word === 'true');

export function secret<const U extends Usage & Pick<Secret, 'format' | 'check'>>(
  usage: U,
): Secret<Used<U, string>> & { readonly kind: 'secret' } {
  return { kind: 'secret', ...usage };
}

export function list<N extends Node, const U extends Usage & Pick<List, 'label'>>(
  what: string,
  item: N,
  usage?: U,
): List<Used<U, readonly Value<N>[]>> {
  return { ...usage, kind: 'list', item, what };
}

export function object<M extends Members, const U extends Usage = Usage>(
  members: M,
  usage?: U &
    Partial<Pick<ObjectNode, 'flat' | 'json'>> & { readonly shown?: (value: MembersOf<M>) => string },
): ObjectNode<Used<U, MembersOf<M>>, M> {
  return { kind: 'object', members, ...usage };
}

/** The same, with every member optional and no defaults. */
export function partial<T, M extends Members, const U extends Usage>(
  node: ObjectNode<T, M>,
  usage?: U & Partial<Pick<ObjectNode, 'json'>>,
): ObjectNode<Used<U, Partial<T>>, M> {
  const members = Object.entries(node.members).map(([name, member]) => {
    const { default: _, ...rest } = member;
    return [name, { ...rest, optional: true }];
  });
  return { ...node, members: Object.fromEntries(members) as M, ...usage };
}

export function union<V extends Readonly<Record<string, Variant>>, const U extends Usage>(
  variants: V,
  usage: U,
): Union<Used<U, VariantsOf<V>>> {
  return { kind: 'union', variants, ...usage };
}

/** The key of a member in the file; undefined where the file cannot set it. */
export function keyOf(name: string, { file }: Usage): string | undefined {
  return file === false ? undefined : (file ?? name);
}

/** A part of the schema, and everything within it. */
export function nodesIn(node: Node): Node[] {
  return [node, ...partsOf(node).flatMap(nodesIn)];
}

function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'object':
      return Object.values(node.members);
    case 'union':
      return Object.values(node.variants).map((variant) => variant.node);
    case 'list':
      return [node.item];
    case 'scalar':
    case 'secret':
      return [];
  }
}
