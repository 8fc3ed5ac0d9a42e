/** What a value may be: a text of so many characters, a whole number within bounds, or either. */
export interface DetailRule {
  /** `text_or_int64` takes what is beyond the safe integers too. */
  readonly kind: 'text' | 'integer' | 'text_or_integer' | 'text_or_int64';
  readonly min: number;
  readonly max: number;
}

/** One field of an alarm's detail object (contract 1.4). */
export interface DetailField extends DetailRule {
  /** As upstream spells it. */
  readonly wireName: string;
  readonly description: string;
  readonly example: string | number;
  /** What the drop-in takes where that is more, because upstream declares it. */
  readonly declared?: DetailRule;
}

const INT32_MAX = 2_147_483_647;
const HASH = 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d';

/** The fields of a detail object in upstream's order: requests, answers, the drop-in and the wire are made from this table. */
export const DETAIL_FIELDS = {
  agentId: {
    wireName: 'agent_id',
    ...{ kind: 'text', min: 1, max: 64 },
    description: 'Id of the HSS agent on the host.',
    example: 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8',
  },
  processPid: {
    wireName: 'process_pid',
    ...{ kind: 'integer', min: 0, max: INT32_MAX },
    description: 'Process id.',
    example: 3123,
  },
  fileHash: {
    wireName: 'file_hash',
    ...{ kind: 'text', min: 1, max: 256 },
    description: 'File hash, SHA-256 at present.',
    example: HASH,
  },
  filePath: {
    wireName: 'file_path',
    ...{ kind: 'text', min: 1, max: 256 },
    description: 'File path.',
    example: '/usr/test',
  },
  fileAttr: {
    wireName: 'file_attr',
    ...{ kind: 'text_or_integer', min: 1, max: 256 },
    declared: { kind: 'text_or_int64', min: 1, max: 256 },
    description:
      'System attributes of the file. Upstream declares a string and shows an integer; either is passed on as it is.',
    example: 33261,
  },
  keyword: {
    wireName: 'keyword',
    ...{ kind: 'text', min: 1, max: 256 },
    description: 'Alarm keyword, used only with the alarm whitelist.',
    example: 'file_path=/usr/test',
  },
  hash: {
    wireName: 'hash',
    ...{ kind: 'text', min: 1, max: 256 },
    description: 'Alarm hash, used only with the alarm whitelist.',
    example: HASH,
  },
  privateIp: {
    wireName: 'private_ip',
    ...{ kind: 'text', min: 1, max: 128 },
    description: 'Private IP address of the server.',
    example: '127.0.0.2',
  },
  loginIp: {
    wireName: 'login_ip',
    ...{ kind: 'text', min: 1, max: 256 },
    description: 'Source IP address of the login.',
    example: '127.0.0.1',
  },
  loginUserName: {
    wireName: 'login_user_name',
    ...{ kind: 'text', min: 1, max: 256 },
    description: 'Login user name.',
    example: 'root',
  },
  containerId: {
    wireName: 'container_id',
    ...{ kind: 'text', min: 1, max: 256 },
    declared: { kind: 'text', min: 0, max: 1_024 },
    description: 'Container id, for container alarms.',
    example: '652c3ab8cd533edaf50c5cf58e292d5d260caf95bf9ab93320491b51e310cd4c',
  },
  containerName: {
    wireName: 'container_name',
    ...{ kind: 'text', min: 1, max: 512 },
    declared: { kind: 'text', min: 0, max: 1_024 },
    description: 'Container instance name, for container alarms.',
    example: 'k8s_redis_redis-6c9f_prod_0',
  },
} as const satisfies Readonly<Record<string, DetailField>>;

type Fields = typeof DETAIL_FIELDS;

/** A field of an alarm's detail object, in the internal API's spelling. */
export type DetailFieldName = keyof Fields;

interface ValueOf {
  readonly text: string;
  readonly integer: number;
  readonly text_or_integer: string | number | bigint;
}

/** A detail object as an operation takes it, in the internal API's spelling. */
export type AlarmDetail = { readonly [Name in DetailFieldName]?: ValueOf[Fields[Name]['kind']] };

/** A detail object as it travels. */
export type WireDetail = {
  [Name in DetailFieldName as Fields[Name]['wireName']]?: ValueOf[Fields[Name]['kind']];
};

const ENTRIES = Object.entries(DETAIL_FIELDS) as [DetailFieldName, DetailField][];
const WIRE_NAMES = ENTRIES.map(([name, { wireName }]) => [name, wireName as keyof WireDetail] as const);

/** A detail object made field by field; what has no value is left out. */
export function detailFrom(valueOf: (field: DetailField, name: DetailFieldName) => unknown): AlarmDetail {
  const values = ENTRIES.map(([name, field]) => [name, valueOf(field, name)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** Only the fields that were given, in upstream's order and spelling. */
export function wireDetailOf(detail: AlarmDetail): WireDetail {
  const wire: Record<string, unknown> = {};
  for (const [name, wireName] of WIRE_NAMES) {
    const value = detail[name];
    if (value !== undefined) wire[wireName] = value;
  }
  return wire;
}

/** A detail object as it travels, in the internal API's spelling. */
export function alarmDetailOf(wire: WireDetail): AlarmDetail {
  return detailFrom(({ wireName }) => wire[wireName as keyof WireDetail]);
}
