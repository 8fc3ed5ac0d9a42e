import { Global, Module } from '@nestjs/common';

import { Callers } from '../../domain/caller.js';
import { CallerConfigReloader } from './caller-config-reloader.js';
import { Authentication, FailedAttempts } from './authentication.js';
import { CallerDirectory, CallerAccess } from './caller-directory.js';
import { Quotas, SharedQuotas } from '../../access/quotas.js';
import { IssuedTokens } from './issued-tokens.js';
import { KeyUses } from './api-keys.js';
import { SignatureVerifier } from './signature-verifier.js';

/** Who is asking. */
@Global()
@Module({
  providers: [
    KeyUses,
    CallerDirectory,
    { provide: Callers, useExisting: CallerDirectory },
    CallerConfigReloader,
    IssuedTokens,
    Authentication,
    SignatureVerifier,
    FailedAttempts,
    CallerAccess,
    Quotas,
    SharedQuotas,
  ],
  exports: [
    Quotas,
    Authentication,
    SignatureVerifier,
    CallerDirectory,
    Callers,
    FailedAttempts,
    CallerAccess,
  ],
})
export class IdentityModule {}
