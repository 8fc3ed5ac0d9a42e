import { Controller, Get, Inject } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/access.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { CallerDirectory } from '../http/identity/caller-directory.js';
import { MeDto } from './me.dto.js';
import { meOf } from './me.translator.js';

@Controller('v1/me')
export class MeController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly directory: CallerDirectory,
  ) {}

  /**
   * Tell who I am.
   *
   * @remarks
   * Which caller you are, by which credential, and what you may do: for whoever can prove who they are, whatever their rights.
   */
  @Get()
  @Access('caller')
  @OpenApi('tellWhoIAm', { 200: MeDto })
  me(@Context() context: CallContext): MeDto {
    const { keys = [] } = this.directory.current.callers.get(context.caller.id) ?? {};
    return meOf(context, keys, [...this.config.projects.keys()]);
  }
}
