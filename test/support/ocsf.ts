import { readFileSync } from 'node:fs';

interface Attribute {
  readonly type: string;
  readonly array?: true;
  readonly required?: true;
  /** The profile that it belongs to. */
  readonly profile?: string;
  /** Allowed numbers with their captions; `sibling` names the attribute that has the caption. */
  readonly enum?: Readonly<Record<string, string>>;
  readonly sibling?: string;
}

interface Shape {
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] };
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Schema {
  readonly version: string;
  readonly classes: Readonly<Record<string, Shape & { readonly name: string; readonly category: number }>>;
  readonly objects: Readonly<Record<string, Shape>>;
}

const FILE = new URL('../../../test/fixtures/ocsf-1.6.json', import.meta.url);
const schema = JSON.parse(readFileSync(FILE, 'utf8')) as Schema;

/** "Other": its caption is the producer's own. */
const OTHER = 99;

const isText = (value: unknown) => typeof value === 'string';
const isWhole = (value: unknown) => Number.isSafeInteger(value);
const PRIMITIVES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string_t: isText,
  file_name_t: isText,
  file_path_t: isText,
  file_hash_t: isText,
  hostname_t: (value) => isText(value) && /^[A-Za-z0-9._-]{1,253}$/.test(String(value)),
  ip_t: (value) => isText(value) && /^[0-9A-Fa-f.:]{2,40}$/.test(String(value)),
  username_t: isText,
  uuid_t: isText,
  resource_uid_t: isText,
  integer_t: isWhole,
  long_t: isWhole,
  timestamp_t: (value) => isWhole(value) && Number(value) > 1_000_000_000_000,
  boolean_t: (value) => typeof value === 'boolean',
  json_t: () => true,
  object: isObject,
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What of an event the schema of OCSF does not allow, in words; none where it is right. */
export function ocsfViolations(event: unknown): string[] {
  if (!isObject(event)) return ['it is no object'];
  const shape = schema.classes[String(event['class_uid'])];
  if (!shape) return [`class_uid: ${String(event['class_uid'])} is no class that is used here`];
  const metadata = isObject(event['metadata']) ? event['metadata'] : {};
  const profiles = (metadata['profiles'] ?? []) as readonly string[];
  const [activity, category, type] = ['activity_id', 'category_uid', 'type_uid'].map((name) => event[name]);
  return [
    ...(event['class_name'] === shape.name ? [] : ['class_name: is not that of the class']),
    ...(category === shape.category ? [] : ['category_uid: is not that of the class']),
    ...(type === Number(event['class_uid']) * 100 + Number(activity) ? [] : ['type_uid: does not follow']),
    ...(metadata['version'] === schema.version ? [] : ['metadata.version: is another one']),
    ...violationsOf(shape, event, profiles, ''),
  ];
}

function violationsOf(
  { attributes, constraints = {} }: Shape,
  value: Readonly<Record<string, unknown>>,
  profiles: readonly string[],
  at: string,
): string[] {
  const missing = Object.entries(attributes).filter(
    ([name, { required, profile }]) =>
      required && (profile === undefined || profiles.includes(profile)) && value[name] === undefined,
  );
  const { at_least_one: some, just_one: one } = constraints;
  const given = (names: readonly string[]) => names.filter((name) => value[name] !== undefined).length;
  return [
    ...missing.map(([name]) => `${at}${name}: is required`),
    ...(some && given(some) === 0 ? [`${at}: lacks all of ${some.join(', ')}`] : []),
    ...(one && given(one) !== 1 ? [`${at}: has not just one of ${one.join(', ')}`] : []),
    ...Object.entries(value).flatMap(([name, member]) => {
      const attribute = attributes[name];
      if (!attribute) return [`${at}${name}: there is no such attribute`];
      const { profile, array } = attribute;
      if (profile !== undefined && !profiles.includes(profile))
        return [`${at}${name}: belongs to the profile ${profile}`];
      if (!array) return ofMember(attribute, name, value, member, profiles, at);
      if (!Array.isArray(member)) return [`${at}${name}: is no list`];
      return member.flatMap((item, index) =>
        ofMember(attribute, name, value, item, profiles, `${at}${index}.`),
      );
    }),
  ];
}

function ofMember(
  { type, enum: words, sibling }: Attribute,
  name: string,
  beside: Readonly<Record<string, unknown>>,
  value: unknown,
  profiles: readonly string[],
  at: string,
): string[] {
  const shape = schema.objects[type];
  if (shape) {
    if (!isObject(value)) return [`${at}${name}: is no object`];
    return violationsOf(shape, value, profiles, `${at}${name}.`);
  }
  const isRight = PRIMITIVES[type];
  if (!isRight) return [`${at}${name}: is of the type ${type}, which is not used here`];
  if (!isRight(value)) return [`${at}${name}: is no ${type}`];
  if (!words) return [];
  const caption = words[String(value)];
  if (caption === undefined)
    return [`${at}${name}: ${String(value)} is not among ${Object.keys(words).join()}`];
  const told = sibling === undefined ? undefined : beside[sibling];
  if (value === OTHER) return told === undefined ? [`${at}${sibling}: must say what is meant`] : [];
  return told === undefined || told === caption ? [] : [`${at}${sibling}: must be ${caption}`];
}
