import { Global, Module } from '@nestjs/common';

import { CallerConfigReloader } from './caller-config-reloader.js';
import { Authentication, FailedAttempts } from './authentication.js';
import { CallerDirectory, CallerAccess } from './caller-directory.js';
import { Quotas, SharedQuotas } from '../../access/quotas.js';
import { KeyUses } from './api-keys.js';
import { SignatureVerifier } from './signature-verifier.js';

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
    CallerAccess,
    Quotas,
    SharedQuotas,
  ],
  exports: [Quotas, Authentication, SignatureVerifier, CallerDirectory, FailedAttempts, CallerAccess],
})
export class IdentityModule {}
