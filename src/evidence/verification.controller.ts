import { Controller, Get, UseGuards } from '@nestjs/common';

import { mayAuditAll } from '../access/grants.js';
import { TrailIntegrity } from '../audit/index.js';
import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { NoParametersGuard } from '../http/request-pipes.js';
import { refuse } from '../problems/catalogue.js';
import { VerificationDto } from './verification.dto.js';

@Controller('v1/audit/verification')
export class VerificationController {
  constructor(private readonly integrity: TrailIntegrity) {}

  /**
   * Show how far the audit trail is verified.
   *
   * @remarks
   * The gateway looks at every record again and again: whether it follows from the one before, and is what was signed. It takes the right
   * `audit` in every project. Each process verifies by itself, and answers for itself.
   */
  @Get()
  @Access('audit')
  @UseGuards(NoParametersGuard)
  @OpenApi('findVerification', { 200: VerificationDto })
  find(@Context() { caller }: CallContext): VerificationDto {
    if (!mayAuditAll(caller))
      throw refuse('not_granted', { caller: caller.id, what: 'the right audit in every project' });
    const { through, covered, wholeAt, faults } = this.integrity.report;
    const { broken } = this.integrity.state;
    const isKnown =
      !broken || faults.some(({ first, what }) => first === broken.first && what === broken.what);
    return {
      state: broken ? 'broken' : wholeAt === undefined ? 'verifying' : 'whole',
      verifiedThrough: through,
      covered,
      ...(wholeAt !== undefined && { lastWholeAt: new Date(wholeAt).toISOString() }),
      // What another process found, this one comes to later.
      faults: isKnown ? [...faults] : [{ ...broken, acknowledged: false }, ...faults],
    };
  }
}
