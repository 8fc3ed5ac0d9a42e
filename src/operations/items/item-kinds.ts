import type { ListOperation } from '../../domain/operation-type.js';
import type { DtoClass } from '../../http/validation/field.js';
import type { CommandItem } from '../operation-command.js';
import type { WireItem } from '../../hss/index.js';
import {
  AlarmWhitelistRemovalDto,
  IsolatedFileDeletionDto,
  IsolatedFileRestorationDto,
  LoginWhitelistRemovalDto,
  UnblockingDto,
  type IsolatedFileItemDto,
  type ItemsRequestDto,
} from './item-requests.dto.js';

/** A valid request to change one of upstream's lists. */
type ItemsRequest<Item> = ItemsRequestDto & { readonly items: readonly Item[] };

/** What is to be known of each item besides its id. */
type Told = Omit<CommandItem, 'id'>;

/** One way to change one of upstream's lists, and how a request for it becomes upstream's (contract 2.5 to 2.9). */
export interface ItemKind<Item, Request extends ItemsRequest<Item> = ItemsRequest<Item>> {
  readonly operation: ListOperation;
  /** Method and pattern. */
  readonly route: string;
  readonly request: DtoClass;
  readonly wire: (item: Item) => WireItem;
  readonly told: (item: Item) => Told;
  /** What stands beside the list of items in each body. */
  readonly beside?: (request: Request) => Readonly<Record<string, unknown>>;
}

type ItemOf<Request extends { items: readonly unknown[] }> = Request['items'][number];

export const ALARM_WHITELIST_REMOVAL: ItemKind<ItemOf<AlarmWhitelistRemovalDto>, AlarmWhitelistRemovalDto> = {
  operation: 'remove_alarm_whitelist_entries',
  route: 'POST /v1/alarm-whitelist/removals',
  request: AlarmWhitelistRemovalDto,
  wire: ({ eventType, hash, description, deleteRule }) => ({
    event_type: eventType,
    hash,
    description,
    ...(deleteRule !== undefined && { delete_white_rule: deleteRule }),
  }),
  told: ({ eventType, hash, description, deleteRule }) => ({
    target: { eventType, hash, description, ...(deleteRule !== undefined && { deleteRule }) },
    eventType,
  }),
  beside: ({ restoreAlarms }) => (restoreAlarms === undefined ? {} : { restore_alarm: restoreAlarms }),
};

export const LOGIN_WHITELIST_REMOVAL: ItemKind<ItemOf<LoginWhitelistRemovalDto>> = {
  operation: 'remove_login_whitelist_entries',
  route: 'POST /v1/login-whitelist/removals',
  request: LoginWhitelistRemovalDto,
  wire: ({ privateIp, loginIp, loginUserName }) => ({
    private_ip: privateIp,
    login_ip: loginIp,
    login_user_name: loginUserName,
  }),
  told: ({ privateIp, loginIp, loginUserName }) => ({ target: { privateIp, loginIp, loginUserName } }),
};

const FILES = {
  wire: ({ hostId, fileHash, filePath, fileAttr }: IsolatedFileItemDto): WireItem => ({
    host_id: hostId,
    file_hash: fileHash,
    file_path: filePath,
    ...(fileAttr !== undefined && { file_attr: fileAttr }),
  }),
  told: ({ hostId, fileHash, filePath, fileAttr }: IsolatedFileItemDto): Told => ({
    target: { hostId, fileHash, filePath, ...(fileAttr !== undefined && { fileAttr }) },
    hostId,
    fileHash,
    filePath,
  }),
};

export const FILE_RESTORATION: ItemKind<ItemOf<IsolatedFileRestorationDto>> = {
  operation: 'restore_isolated_files',
  route: 'POST /v1/isolated-files/restorations',
  request: IsolatedFileRestorationDto,
  ...FILES,
};

export const FILE_DELETION: ItemKind<ItemOf<IsolatedFileDeletionDto>> = {
  operation: 'delete_isolated_files',
  route: 'POST /v1/isolated-files/deletions',
  request: IsolatedFileDeletionDto,
  ...FILES,
};

export const UNBLOCKING: ItemKind<ItemOf<UnblockingDto>> = {
  operation: 'unblock_addresses',
  route: 'POST /v1/blocked-addresses/unblockings',
  request: UnblockingDto,
  wire: ({ hostId, sourceIp, loginType }) => ({ host_id: hostId, src_ip: sourceIp, login_type: loginType }),
  told: ({ hostId, sourceIp, loginType }) => ({ target: { hostId, sourceIp, loginType }, hostId }),
};
