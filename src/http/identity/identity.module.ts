import { Global, Module } from '@nestjs/common';

import { CallerConfigReloader } from './caller-config-reloader.js';
import { Authentication } from './authentication.js';
import { CallerDirectory } from './caller-directory.js';
import { FailedAttempts } from './failed-attempts.js';
import { Quotas } from '../limits/quotas.js';
import { SharedQuotas } from '../limits/shared-quotas.js';
import { KeyUses } from './key-uses.js';
import { Standing } from './standing.js';
import { SignatureVerifier } from './signing/signature-verifier.js';

/** Who is asking. */
@Global()
@Module({
  providers: [
    KeyUses,
    CallerDirectory,
    CallerConfigReloader,
    Authentication,
    SignatureVerifier,
    FailedAttempts,
    Standing,
    Quotas,
    SharedQuotas,
  ],
  exports: [Quotas, Authentication, SignatureVerifier, CallerDirectory, FailedAttempts, Standing],
})
export class IdentityModule {}
