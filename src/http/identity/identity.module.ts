import { Global, Module } from '@nestjs/common';

import { AccessFollower } from './access-follower.js';
import { Authentication } from './authentication.js';
import { CallerDirectory } from './caller-directory.js';
import { FailedAttempts } from './failed-attempts.js';
import { KeyUses } from './key-uses.js';

/** Who is asking. */
@Global()
@Module({
  providers: [KeyUses, CallerDirectory, AccessFollower, Authentication, FailedAttempts],
  exports: [Authentication, CallerDirectory, FailedAttempts],
})
export class IdentityModule {}
