import { LOGIN_TYPES, type LoginType } from '../../domain/upstream-words.js';
import { RequestSchema } from '../../http/document/request-schema.js';
import type { DtoClass } from '../../http/validation/field.js';
import { Flag, Formed, ListOf, ObjectOf, OneOf, Text, Whole } from '../../http/validation/fields.js';
import { ENTERPRISE_PROJECT } from '../../domain/scope.js';

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

function Items(type: () => DtoClass, what: string): PropertyDecorator {
  const description = `The ${what}, each once, at most 10,000 unless the gateway is configured otherwise: \`target\` of the list, as it is.`;
  return ListOf(type, { min: 1 }, { schema: { description } });
}

@RequestSchema('AlarmWhitelistRemovalItem', 'One entry of the alarm whitelist.')
export class AlarmWhitelistRemovalItemDto {
  /**
   * Code of the event type.
   * @example 1010
   */
  @Whole(1_000, 30_000)
  eventType!: number;

  /**
   * The entry's hash.
   * @example 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d'
   */
  @Text(1, 64)
  hash!: string;

  /**
   * The entry's description.
   * @example 'file_path=/usr/test'
   */
  @Text(0, 64)
  description!: string;

  /** Whether its rule goes too, where it is one of a rule; upstream keeps such an entry otherwise. */
  @Flag({ optional: true, schema: { example: false } })
  deleteRule?: boolean;
}

@RequestSchema('AlarmWhitelistRemoval', 'Entries to remove from the alarm whitelist.')
export class AlarmWhitelistRemovalDto extends ItemsRequestDto {
  @Items(() => AlarmWhitelistRemovalItemDto, 'entries')
  items!: AlarmWhitelistRemovalItemDto[];

  /** Whether the alarms that were handled by adding the entries are open again. */
  @Flag({ optional: true, schema: { example: false } })
  restoreAlarms?: boolean;
}

@RequestSchema('LoginWhitelistRemovalItem', 'One entry of the login whitelist.')
export class LoginWhitelistRemovalItemDto {
  /**
   * Private address of the host.
   * @example '192.168.0.31'
   */
  @Text(1, 128)
  privateIp!: string;

  /**
   * From where.
   * @example '203.0.113.7'
   */
  @Text(1, 256)
  loginIp!: string;

  /**
   * As whom.
   * @example 'deploy'
   */
  @Text(1, 256)
  loginUserName!: string;
}

@RequestSchema('LoginWhitelistRemoval', 'Entries to remove from the login whitelist.')
export class LoginWhitelistRemovalDto extends ItemsRequestDto {
  @Items(() => LoginWhitelistRemovalItemDto, 'entries')
  items!: LoginWhitelistRemovalItemDto[];
}

@RequestSchema('IsolatedFileItem', 'A file in quarantine.')
export class IsolatedFileItemDto {
  /**
   * Upstream's id of the host.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  @Text(1, 64)
  hostId!: string;

  /**
   * Hash of the file (SHA-256).
   * @example 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d'
   */
  @Text(1, 256)
  fileHash!: string;

  /**
   * Where it was.
   * @example '/usr/test'
   */
  @Text(1, 256)
  filePath!: string;

  /**
   * Its attributes.
   * @example '33261'
   */
  @Text(1, 256, { optional: true })
  fileAttr?: string;
}

@RequestSchema('IsolatedFileDeletionItem', 'A file in quarantine, told by all that upstream asks for.')
export class IsolatedFileDeletionItemDto extends IsolatedFileItemDto {
  /**
   * Its attributes.
   * @example '33261'
   */
  @Text(1, 256)
  declare fileAttr: string;
}

@RequestSchema('IsolatedFileRestoration', 'Files to put back on their hosts.')
export class IsolatedFileRestorationDto extends ItemsRequestDto {
  @Items(() => IsolatedFileItemDto, 'files')
  items!: IsolatedFileItemDto[];
}

@RequestSchema('IsolatedFileDeletion', 'Files to delete for good.')
export class IsolatedFileDeletionDto extends ItemsRequestDto {
  @Items(() => IsolatedFileDeletionItemDto, 'files')
  items!: IsolatedFileDeletionItemDto[];
}

@RequestSchema('UnblockingItem', 'A blocked address.')
export class UnblockingItemDto {
  /**
   * Upstream's id of the host.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  @Text(1, 64)
  hostId!: string;

  /**
   * The address that is kept out.
   * @example '203.0.113.66'
   */
  @Text(1, 256)
  sourceIp!: string;

  /** The service that it is kept out of. */
  @OneOf(LOGIN_TYPES, { schema: { example: 'ssh' } })
  loginType!: LoginType;
}

@RequestSchema('Unblocking', 'Addresses to let in again.')
export class UnblockingDto extends ItemsRequestDto {
  @Items(() => UnblockingItemDto, 'addresses')
  items!: UnblockingItemDto[];
}
