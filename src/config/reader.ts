import { nearest } from '../domain/nearest.js';
import type { ConfigSource } from './environment.js';
import { Field, Problems } from './field.js';
import {
  keyOf,
  type List,
  type Node,
  type ObjectNode,
  type Scalar,
  type Secret,
  type Union,
  type Usage,
} from './schema-language.js';
import { problemOfSecret, readSecret, type SecretText } from './secret.js';

/** Where a part of the configuration is read from. */
export interface Place {
  /** Absent: not from the file. */
  readonly file?: Field;
  /** Whether from variables too, which win over the file. */
  readonly variables: boolean;
  /** The path of the value in what is read. */
  readonly path: string;
  /** Of a secret: what names the file that holds it. */
  readonly secretFile?: Field;
  /** Collects what is required and missing, instead of noting it. */
  readonly missing?: Missing[];
}

export interface Missing {
  readonly field: Field;
  /** What to do about it. */
  readonly remedy: string;
}

/** Where a value came from: `default`, a variable, or a path into the file. */
export type Sources = ReadonlyMap<string, string>;

/**
 * Reads values by the schema. Of what is refused a problem is noted and a placeholder returned, which is never used because a
 * configuration with problems is not handed out; so reading goes on and finds the other problems too.
 */
export class Reader {
  readonly #sources = new Map<string, string>();

  constructor(
    private readonly source: ConfigSource,
    private readonly problems: Problems,
  ) {}

  get sources(): Sources {
    return this.#sources;
  }

  read<T>(node: Node<T>, place: Place): T {
    return this.#read(node, place) as T;
  }

  variable(name: string): Field {
    return new Field(name, this.source.environment[name], this.problems);
  }

  /** Notes keys that the mapping may not have. A misspelt setting must not pass as an absent one. */
  noteUnknownKeys(field: Field, known: readonly string[]): void {
    if (!(field.raw instanceof Map)) return;
    for (const name of [...field.raw.keys()].map(String)) {
      if (known.includes(name)) continue;
      const near = nearest(name, known);
      const remedy = near === undefined ? `the keys here are ${known.join(', ')}` : `did you mean "${near}"?`;
      field.member(name).note(`is not a known key; ${remedy}`);
    }
  }

  #read(node: Node, place: Place): unknown {
    switch (node.kind) {
      case 'scalar':
        return this.#scalar(node, place);
      case 'secret':
        return this.#secret(node, place);
      case 'list':
        return this.#list(node, place);
      case 'object':
        return this.#object(node, place);
      case 'union':
        return this.#union(node, place);
    }
  }

  #scalar(node: Scalar, place: Place): unknown {
    // What is wrong with a value in the file is reported even where a variable wins over it.
    const given = this.#fields(node, place).filter((field) => field.given);
    const [value] = given.map((field) => parsedIn(field, node));
    if (given[0]) {
      this.#sources.set(place.path, given[0].key);
      return value;
    }
    const usual = this.#default(node, place);
    if (usual !== undefined) return node.parse(String(usual))?.value;
    if (node.optional) return undefined;
    this.#noteMissing(place.file ?? this.variable(node.env ?? ''), `must be ${node.allowed}`, place);
    return '';
  }

  #secret(node: Secret, place: Place): SecretText | undefined {
    const { inline, file } = this.#secretFields(node, place);
    const check = (raw: unknown) => problemOfSecret(raw, node.format) ?? node.check?.(String(raw));
    const secret = inline && file && readSecret(inline, file, this.source.readFile, check);
    if (secret) this.#sources.set(place.path, (secret.file === undefined ? inline : file).key);
    if (secret || node.optional) return secret;
    if (node.default === undefined) {
      const name = file?.key.split('.').at(-1) ?? '';
      this.#noteMissing(inline, `set it or ${name}`, place);
      return { value: '' };
    }
    this.#sources.set(place.path, 'default');
    return { value: String(node.default) };
  }

  /** Where a secret may stand, and where its file may be named. */
  #secretFields({ env }: Secret, place: Place): { readonly inline?: Field; readonly file?: Field } {
    if (place.variables && env !== undefined)
      return { inline: this.variable(env), file: this.variable(`${env}_FILE`) };
    const { file: inline, secretFile: file } = place;
    return { ...(inline && { inline }), ...(file && { file }) };
  }

  #list(node: List, place: Place): readonly unknown[] | undefined {
    const { file } = place;
    if (!file?.given) {
      if (Array.isArray(node.default)) return this.#usualItems(node);
      if (node.optional) return undefined;
    }
    const items = file?.items() ?? [];
    if (items.length === 0) {
      file?.note(`${file.given ? '' : 'is missing: '}must be a list of at least one ${node.what}`);
    }
    return items.map((item) => this.#read(node.item, { file: item, variables: false, path: item.key }));
  }

  #usualItems({ default: items, item }: List): readonly unknown[] {
    return item.kind === 'scalar' ? (items as readonly string[]).map((text) => item.parse(text)?.value) : [];
  }

  #object(node: ObjectNode, place: Place, moreKeys: readonly string[] = []): object | undefined {
    const { file: written, missing, ...rest } = place;
    const file = written && !node.flat ? this.#mapping(node, written, moreKeys) : written;
    // Where an optional object is begun, the rest of it is missing in any case.
    const within = { ...rest, ...(file && { file }), ...(missing && !node.optional && { missing }) };
    const members = Object.entries(node.members).map(
      ([name, member]) => [name, member, placeOf(name, member, within)] as const,
    );
    const isGiven =
      node.flat || !file ? members.some(([, member, at]) => this.#isGiven(member, at)) : file.given;
    if (node.optional && !isGiven) return undefined;
    const values = members.flatMap(([name, member, at]): (readonly [string, unknown])[] => {
      const value = this.#read(member, at);
      if (member.kind !== 'secret') return [[name, value]];
      const secret = value as SecretText | undefined;
      return [
        [name, secret?.value],
        [`${name}File`, secret?.file],
      ];
    });
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }

  /** The mapping that an object stands in. Of what is none every member is missing: one problem is enough. */
  #mapping(node: ObjectNode, file: Field, moreKeys: readonly string[]): Field {
    const known = [...moreKeys, ...fileKeysOf(node)];
    if (file.given && !(file.raw instanceof Map)) {
      file.note(`must be a mapping with the keys ${known.join(', ')}`);
      return file.silent();
    }
    this.noteUnknownKeys(file, known);
    for (const [name, inner] of nestedKeysOf(node)) {
      const nested = file.member(name);
      if (nested.given && !(nested.raw instanceof Map)) {
        nested.note(`must be a mapping with the keys ${inner.join(', ')}`);
      }
      this.noteUnknownKeys(nested, inner);
    }
    return file;
  }

  #isGiven(member: Node, place: Place): boolean {
    if (member.kind !== 'secret') return this.#fields(member, place).some((field) => field.given);
    const { inline, file } = this.#secretFields(member, place);
    // An empty one is refused rather than taken for an absent one.
    return inline?.raw !== undefined || file?.given === true;
  }

  #union(node: Union, place: Place): object | undefined {
    const { file } = place;
    if (file && !file.given && node.optional) return undefined;
    const kind = file?.member('kind') ?? this.variable(node.env ?? '');
    const variants = Object.entries(node.variants);
    const words = variants.map(([, { inFile, inEnvironment }]) => (file ? inFile : inEnvironment));
    const at = kind.given ? words.findIndex((word) => word === kind.raw) : 0;
    if (at < 0) kind.note(`must be one of ${words.join(', ')}${suggestion(kind, words)}`);
    const [name, variant] = variants[at < 0 ? 0 : at] ?? [];
    // What the keys of a mapping should be cannot be said of an unknown kind.
    if (!variant || (at < 0 && file)) return { kind: '' };
    return { kind: name, ...this.#object(variant.node, place, ['kind']) };
  }

  /** The variable and the place in the file that may give a value, as far as there are such. */
  #fields({ env }: Usage, { file, variables }: Place): Field[] {
    return [...(variables && env !== undefined ? [this.variable(env)] : []), ...(file ? [file] : [])];
  }

  #default(node: Scalar, place: Place): Usage['default'] {
    const ofEnvironment = place.variables && !place.file ? node.environmentDefault : undefined;
    const usual = ofEnvironment ?? node.default;
    if (usual !== undefined) this.#sources.set(place.path, 'default');
    return usual;
  }

  #noteMissing(field: Field | undefined, remedy: string, { missing }: Place): void {
    if (missing && field) missing.push({ field, remedy });
    else field?.note(`is missing: ${remedy}`);
  }
}

/** The keys that an object has in the file, those of mappings within it once. */
export function fileKeysOf(node: ObjectNode): string[] {
  const keys = Object.entries(node.members).flatMap(([name, member]) => {
    const key = keyOf(name, member);
    if (key === undefined) return [];
    if (member.kind === 'object' && member.flat) return fileKeysOf(member);
    return member.kind === 'secret' ? [key, `${key}File`] : [key.replace(/\..*$/, '')];
  });
  return [...new Set(keys)];
}

/** Mappings that hold members of an object without being one: of `plans.expireMinutes` the keys of `plans`. */
function nestedKeysOf({ members }: ObjectNode): Map<string, string[]> {
  const nested = new Map<string, string[]>();
  for (const [name, member] of Object.entries(members)) {
    const [outer = '', inner] = keyOf(name, member)?.split('.') ?? [];
    if (inner !== undefined) nested.set(outer, [...(nested.get(outer) ?? []), inner]);
  }
  return nested;
}

function placeOf(name: string, member: Node, { file, ...place }: Place): Place {
  const key = keyOf(name, member);
  const path = place.path === '' ? name : `${place.path}.${name}`;
  if (!file || key === undefined) return { ...place, path };
  if (member.kind === 'object' && member.flat) return { ...place, path, file };
  const secretFile = member.kind === 'secret' && { secretFile: file.member(`${key}File`) };
  return { ...place, path, file: file.member(key), ...secretFile };
}

function parsedIn(field: Field, { allowed, words = [], parse }: Scalar): unknown {
  const result = typeof field.raw === 'string' ? parse(field.raw) : undefined;
  if (result) return result.value;
  field.note(`must be ${allowed}${suggestion(field, words)}`);
  return words[0] === undefined ? '' : parse(words[0])?.value;
}

/** `; did you mean "x"?` after a near miss. Shows only what is allowed, never what was written. */
function suggestion({ raw }: Field, words: readonly string[]): string {
  const near = typeof raw === 'string' ? nearest(raw, words) : undefined;
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

/** What a part of the schema resolves to where nothing is given. */
export function defaultsOf<T>(node: Node<T>): T {
  const source: ConfigSource = { environment: {}, readFile: () => '' };
  return new Reader(source, new Problems()).read(node, { variables: false, path: '' });
}
