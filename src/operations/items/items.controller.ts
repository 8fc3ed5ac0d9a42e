import { Body, Controller, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../../domain/caller.js';
import { Access, Context } from '../../http/access.js';
import { Contract } from '../../http/document/contract.js';
import { idempotencyKeyOf } from '../../http/idempotency-key.js';
import { NoParametersGuard } from '../../http/parameters.guard.js';
import { withScopeAsText } from '../../http/validation/scope-as-text.js';
import { answer, receiptWithFaultOf, setIdempotencyHeaders } from '../receipts/answer.js';
import { ReceiptDto } from '../receipts/receipt.dto.js';
import {
  ALARM_WHITELIST_REMOVAL,
  FILE_DELETION,
  FILE_RESTORATION,
  LOGIN_WHITELIST_REMOVAL,
  UNBLOCKING,
  type ItemKind,
} from './item-kinds.js';
import {
  DELETE_FILES,
  REMOVE_ALARM_ENTRIES,
  REMOVE_LOGIN_ENTRIES,
  RESTORE_FILES,
  UNBLOCK,
} from './items.contract.js';
import { ItemsService } from './items.service.js';
import type { ItemsRequestDto } from './item-requests.dto.js';

@Controller('v1')
export class ItemsController {
  constructor(private readonly operations: ItemsService) {}

  /**
   * Remove entries of the alarm whitelist.
   *
   * @remarks
   * An operation like any other: written down before the first byte goes upstream, with a receipt. What is on the list no longer
   * is `already`. Alarms of what was on it are raised again from then on. It can't be taken back: upstream adds entries only with
   * an alarm.
   */
  @Post('alarm-whitelist/removals')
  @Access('act', { acts: true })
  @UseGuards(NoParametersGuard)
  @HttpCode(200)
  @Contract(REMOVE_ALARM_ENTRIES)
  removeAlarmEntries(
    @Body() body: unknown,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto> {
    return this.#handle(ALARM_WHITELIST_REMOVAL, body, context, reply);
  }

  /**
   * Remove entries of the login whitelist.
   *
   * @remarks
   * An operation like any other: written down before the first byte goes upstream, with a receipt. What is on the list no longer
   * is `already`. Alarms of these logins are raised again from then on.
   */
  @Post('login-whitelist/removals')
  @Access('act', { acts: true })
  @UseGuards(NoParametersGuard)
  @HttpCode(200)
  @Contract(REMOVE_LOGIN_ENTRIES)
  removeLoginEntries(
    @Body() body: unknown,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto> {
    return this.#handle(LOGIN_WHITELIST_REMOVAL, body, context, reply);
  }

  /**
   * Put isolated files back.
   *
   * @remarks
   * An operation like any other: written down before the first byte goes upstream, with a receipt. The files return to where they
   * were as the agents on the hosts get to it, which `progress` says; those that are back already are `already`.
   */
  @Post('isolated-files/restorations')
  @Access('act', { acts: true })
  @UseGuards(NoParametersGuard)
  @HttpCode(200)
  @Contract(RESTORE_FILES)
  restoreFiles(
    @Body() body: unknown,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto> {
    return this.#handle(FILE_RESTORATION, body, context, reply);
  }

  /**
   * Delete isolated files.
   *
   * @remarks
   * An operation like any other: written down before the first byte goes upstream, with a receipt. The files are gone for good, so
   * it counts as destructive, for the daily cap and for the brake, and guard rails keep files of the system from it. Those that are
   * gone already are `already`.
   */
  @Post('isolated-files/deletions')
  @Access('act', { acts: true })
  @UseGuards(NoParametersGuard)
  @HttpCode(200)
  @Contract(DELETE_FILES)
  deleteFiles(
    @Body() body: unknown,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto> {
    return this.#handle(FILE_DELETION, body, context, reply);
  }

  /**
   * Let blocked addresses in again.
   *
   * @remarks
   * An operation like any other: written down before the first byte goes upstream, with a receipt. The agents on the hosts take
   * their time, which `progress` says; addresses that are let in already are `already`. It is limited like any act, because a block
   * is upstream's own doing and lifting it lets an attacker try again.
   */
  @Post('blocked-addresses/unblockings')
  @Access('act', { acts: true })
  @UseGuards(NoParametersGuard)
  @HttpCode(200)
  @Contract(UNBLOCK)
  unblock(
    @Body() body: unknown,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto> {
    return this.#handle(UNBLOCKING, body, context, reply);
  }

  async #handle<Item, Request extends ItemsRequestDto & { readonly items: readonly Item[] }>(
    kind: ItemKind<Item, Request>,
    body: unknown,
    context: CallContext,
    reply: FastifyReply,
  ): Promise<ReceiptDto> {
    const key = idempotencyKeyOf(reply.request.raw);
    const handled = await this.operations.handle(kind, withScopeAsText(body), key, context);
    setIdempotencyHeaders(reply, handled);
    return answer(reply, receiptWithFaultOf(handled));
  }
}
