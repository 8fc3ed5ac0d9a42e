import { Global, Module } from '@nestjs/common';

import { AccessFollower } from './access-follower.js';
import { Authentication } from './authentication.js';
import { CallerDirectory } from './caller-directory.js';
import { FailedAttempts } from './failed-attempts.js';
import { Quotas } from '../limits/quotas.js';
import { SharedQuotas } from '../limits/shared-quotas.js';
import { KeyUses } from './key-uses.js';
import { Standing } from './standing.js';
import { SignatureDesk } from './signing/signature-desk.js';

/** Who is asking. */
@Global()
@Module({
  providers: [
    KeyUses,
    CallerDirectory,
    AccessFollower,
    Authentication,
    SignatureDesk,
    FailedAttempts,
    Standing,
    Quotas,
    SharedQuotas,
  ],
  exports: [Quotas, Authentication, SignatureDesk, CallerDirectory, FailedAttempts, Standing],
})
export class IdentityModule {}
