import { Controller, Get, Query } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/access.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { ALARM_WHITELIST } from './alarm-whitelist.js';
import { AlarmWhitelistPageDto, AlarmWhitelistQueryDto } from './alarm-whitelist.dto.js';
import { BLOCKED_ADDRESSES } from './blocked-addresses.js';
import { BlockedAddressesQueryDto, BlockedAddressPageDto } from './blocked-addresses.dto.js';
import { HANDLING_HISTORY } from './handling-history.js';
import { HandlingHistoryQueryDto, HandlingPageDto } from './handling-history.dto.js';
import { ISOLATED_FILES } from './isolated-files.js';
import { IsolatedFilePageDto, IsolatedFilesQueryDto } from './isolated-files.dto.js';
import { ListsService } from './lists.service.js';
import { LOGIN_WHITELIST } from './login-whitelist.js';
import { LoginWhitelistPageDto, LoginWhitelistQueryDto } from './login-whitelist.dto.js';

@Controller('v1')
export class ListsController {
  constructor(private readonly lists: ListsService) {}

  /**
   * List what was done with alarms.
   *
   * @remarks
   * Every handling that upstream knows of, by whomever, newest first; every parameter narrows. What the gateway did stands in its
   * receipts too, with more. Pass `nextCursor` as `cursor` for the next page, with all else as it was; it is absent at the end.
   */
  @Get('handling-history')
  @Access('read')
  @OpenApi('listHandlingHistory', { 200: HandlingPageDto })
  handlings(
    @Query() query: HandlingHistoryQueryDto,
    @Context() context: CallContext,
  ): Promise<HandlingPageDto> {
    return this.lists.list(HANDLING_HISTORY, query, context);
  }

  /**
   * List the alarm whitelist.
   *
   * @remarks
   * What no alarm is raised for any more. `target` is what removal takes. Pass `nextCursor` as `cursor` for the next page, with
   * all else as it was; it is absent at the end.
   */
  @Get('alarm-whitelist')
  @Access('read')
  @OpenApi('listAlarmWhitelist', { 200: AlarmWhitelistPageDto })
  alarmWhitelist(
    @Query() query: AlarmWhitelistQueryDto,
    @Context() context: CallContext,
  ): Promise<AlarmWhitelistPageDto> {
    return this.lists.list(ALARM_WHITELIST, query, context);
  }

  /**
   * List the login whitelist.
   *
   * @remarks
   * Logins that no alarm is raised for any more. `target` is what removal takes. Pass `nextCursor` as `cursor` for the next page,
   * with all else as it was; it is absent at the end.
   */
  @Get('login-whitelist')
  @Access('read')
  @OpenApi('listLoginWhitelist', { 200: LoginWhitelistPageDto })
  loginWhitelist(
    @Query() query: LoginWhitelistQueryDto,
    @Context() context: CallContext,
  ): Promise<LoginWhitelistPageDto> {
    return this.lists.list(LOGIN_WHITELIST, query, context);
  }

  /**
   * List isolated files.
   *
   * @remarks
   * Files that were taken away from their hosts, or are on their way there or back. `target` is what restoring and deleting take.
   * Pass `nextCursor` as `cursor` for the next page, with all else as it was; it is absent at the end.
   */
  @Get('isolated-files')
  @Access('read')
  @OpenApi('listIsolatedFiles', { 200: IsolatedFilePageDto })
  isolatedFiles(
    @Query() query: IsolatedFilesQueryDto,
    @Context() context: CallContext,
  ): Promise<IsolatedFilePageDto> {
    return this.lists.list(ISOLATED_FILES, query, context);
  }

  /**
   * List blocked addresses.
   *
   * @remarks
   * Addresses that upstream keeps out after failed logins. `target` is what unblocking takes. Pass `nextCursor` as `cursor` for
   * the next page, with all else as it was; it is absent at the end.
   */
  @Get('blocked-addresses')
  @Access('read')
  @OpenApi('listBlockedAddresses', { 200: BlockedAddressPageDto })
  blockedAddresses(
    @Query() query: BlockedAddressesQueryDto,
    @Context() context: CallContext,
  ): Promise<BlockedAddressPageDto> {
    return this.lists.list(BLOCKED_ADDRESSES, query, context);
  }
}
