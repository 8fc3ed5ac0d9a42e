import { Controller, Get, Inject } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/access.js';
import { Contract } from '../http/document/contract.js';
import { CallerDirectory } from '../http/identity/caller-directory.js';
import { ME } from './me.contract.js';
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
  @Contract(ME)
  me(@Context() context: CallContext): MeDto {
    const { keys = [] } = this.directory.current.callers.get(context.caller.id) ?? {};
    return meOf(context, keys, [...this.config.projects.keys()]);
  }
}
