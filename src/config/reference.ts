import { SETTINGS } from './schema.js';
import {
  choice,
  keyOf,
  partial,
  type JsonSchema,
  type Node,
  type ObjectNode,
  type Usage,
} from './schema-language.js';

/** A JSON Schema of the configuration file, for editors. It is as wide as the gateway, which reads every scalar as text. */
export function configJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration file of the HSS gateway',
    ...schemaOf(SETTINGS),
  };
}

function schemaOf(node: Node): JsonSchema {
  return {
    ...(node.doc !== undefined && { description: plain(node.doc) }),
    ...formOf(node),
    ...defaultOf(node),
  };
}

function formOf(node: Node): JsonSchema {
  switch (node.kind) {
    case 'scalar':
      return mayBeEmpty(node, node.json);
    case 'secret':
      return { type: ['string', 'number', 'boolean'], minLength: 1 };
    case 'list':
      return mayBeEmpty(node, { type: 'array', minItems: 1, items: schemaOf(node.item) });
    case 'object':
      return mayBeEmpty(isRequired(node) ? {} : { optional: true }, {
        type: 'object',
        ...mappingOf(node),
        ...node.json,
      });
    case 'union': {
      const [usual] = Object.keys(node.variants);
      const variants = Object.entries(node.variants).map(([name, { inFile, node: variant }]) => {
        const { properties, required = [], ...more } = mappingOf(variant);
        return {
          type: 'object',
          properties: { kind: { const: inFile }, ...properties },
          required: [...(name === usual ? [] : ['kind']), ...required],
          ...more,
        };
      });
      return { anyOf: [...variants, { type: 'null' }] };
    }
  }
}

interface Mapping {
  readonly properties: JsonSchema;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
  readonly allOf?: readonly JsonSchema[];
  readonly dependencies?: JsonSchema;
}

function mappingOf(node: ObjectNode): Mapping {
  const properties: Record<string, unknown> = {};
  const required: string[] = [];
  const choices: JsonSchema[] = [];
  const dependencies: Record<string, readonly string[]> = {};
  for (const [name, member] of Object.entries(node.members)) {
    const key = keyOf(name, member);
    if (key === undefined) continue;
    const [outer = '', inner] = key.split('.');
    if (inner !== undefined) {
      properties[outer] = {
        type: ['object', 'null'],
        properties: { [inner]: schemaOf(member) },
        additionalProperties: false,
      };
    } else if (member.kind === 'object' && member.flat) {
      const { properties: flat, required: together = [] } = mappingOf(member);
      Object.assign(properties, flat);
      for (const one of together) dependencies[one] = together.filter((other) => other !== one);
    } else if (member.kind === 'secret') {
      properties[key] = schemaOf(member);
      properties[`${key}File`] = {
        type: 'string',
        minLength: 1,
        description: `The file that holds \`${key}\`.`,
      };
      const places = [{ required: [key] }, { required: [`${key}File`] }];
      choices.push(member.optional ? { not: { required: [key, `${key}File`] } } : { oneOf: places });
    } else {
      properties[key] = schemaOf(member);
      if (isRequired(member)) required.push(key);
    }
  }
  return {
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    ...(choices.length > 0 && { allOf: choices }),
    ...(Object.keys(dependencies).length > 0 && { dependencies }),
  };
}

function isRequired(node: Node): boolean {
  if (node.optional || node.default !== undefined) return false;
  return node.kind !== 'object' || Object.values(node.members).some(isRequired);
}

/** What is not required may be left empty, which YAML reads as null. */
function mayBeEmpty(usage: Usage, schema: JsonSchema): JsonSchema {
  if (!usage.optional && usage.default === undefined) return schema;
  const { type, enum: words } = schema as { type?: string | string[]; enum?: unknown[] };
  return {
    ...schema,
    ...(type !== undefined && { type: [type, 'null'].flat() }),
    ...(words && { enum: [...words, null] }),
  };
}

function defaultOf(node: Node): JsonSchema {
  return node.default === undefined || node.kind === 'secret' ? {} : { default: node.default };
}

const plain = (doc: string): string => doc.replaceAll('`', '');

interface Row {
  /** In the file; undefined: only a variable sets it. */
  readonly key?: string;
  readonly node: Node;
}

/** Everything that can be written, from the outside in. */
function rowsOf(node: Node, key: string | undefined): Row[] {
  const own: Row = { node, ...(key !== undefined && { key }) };
  switch (node.kind) {
    case 'list':
      return [own, ...(node.item.kind === 'scalar' ? [] : rowsOf(node.item, key && `${key}[]`))];
    case 'object': {
      const members = Object.entries(node.members).flatMap(([name, member]) => {
        const inner = keyOf(name, member);
        const flat = member.kind === 'object' && member.flat;
        const path = key === undefined || inner === undefined ? undefined : flat ? key : joined(key, inner);
        // Without a key of its own, an optional object is left out by leaving out its members.
        return rowsOf(flat && member.optional ? partial(member) : member, path);
      });
      return node.doc === undefined ? members : [own, ...members];
    }
    case 'union': {
      const rows = Object.values(node.variants).flatMap((variant) => rowsOf(variant.node, key));
      // What several variants share is listed once.
      const shared = rows.filter((row, index) => rows.findIndex((each) => each.node === row.node) === index);
      return [...kindsOf(node, key), ...shared];
    }
    case 'scalar':
    case 'secret':
      return [own];
  }
}

/** What distinguishes the variants of a union: the variable and the key may have other words for them. */
function kindsOf({ variants, env, doc }: Extract<Node, { kind: 'union' }>, key: string | undefined): Row[] {
  const each = Object.values(variants);
  const choiceOf = (words: readonly string[]): Node =>
    choice(words, { default: words[0] ?? '', ...(doc !== undefined && { doc }) });
  const inEnvironment = choiceOf(each.map((variant) => variant.inEnvironment));
  const inFile = choiceOf(each.map((variant) => variant.inFile));
  return [
    { node: { ...inEnvironment, ...(env !== undefined && { env }) } },
    ...(key === undefined ? [] : [{ node: inFile, key: joined(key, 'kind') }]),
  ];
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** The tables of `docs/configuration.md`: of the variables, and of the file. */
function configReference(): string {
  const rows = rowsOf(SETTINGS, '').filter(({ node }) => node.doc !== undefined);
  const variables = rows.flatMap(({ key, node }) => {
    if (node.env === undefined) return [];
    const usual = node.environmentDefault === undefined ? defaultIn(node) : code(node.environmentDefault);
    const inFile = key === undefined ? '' : code(key);
    return [[code(node.env), meaningOf(node), allowedIn(node), usual, inFile]];
  });
  const inFile = rows.flatMap(({ key, node }) =>
    key === undefined ? [] : [[code(key), meaningOf(node), allowedIn(node), requirementOf(node)]],
  );
  return [
    '## Variables',
    '',
    ...table(['Variable', 'Means', 'Allowed', 'Default', 'In the file'], variables),
    '',
    '## The YAML file',
    '',
    ...table(['Key', 'Means', 'Allowed', 'Default'], inFile),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}

function meaningOf(node: Node): string {
  return `${node.doc ?? ''}${node.kind === 'secret' ? ' (secret)' : ''}`;
}

function allowedIn(node: Node): string {
  switch (node.kind) {
    case 'scalar':
      return node.allowed.replaceAll('*', '\\*');
    case 'secret':
      return node.format?.allowed ?? '';
    case 'list':
      return `a list of at least one ${node.what}`.replaceAll('*', '\\*');
    case 'object':
    case 'union':
      return 'a mapping';
  }
}

function requirementOf(node: Node): string {
  if (node.kind === 'secret' && !node.optional) return 'required, here or as a file';
  return isRequired(node) ? 'required' : defaultIn(node);
}

function defaultIn(node: Node): string {
  if (Array.isArray(node.default)) return (node.default as readonly string[]).map(code).join(', ');
  return node.default === undefined ? (node.absent ?? '') : code(String(node.default));
}

const code = (word: string): string => `\`${word}\``;

const BEGIN = '<!-- generated by npm run config:reference: begin -->';
const END = '<!-- generated by npm run config:reference: end -->';

/** The document with its tables made anew. @throws Error when it has no place for them */
export function withReference(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('the document has no markers for the reference');
  return `${document.slice(0, begin)}${BEGIN}\n${configReference()}\n${document.slice(end)}`;
}
