import { Global, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { AuditEngine } from './audit.engine.js';
import { AuditTrail } from './audit-trail.js';
import { BrakeStore } from './brake.store.js';
import { ClaimStore } from './claim.store.js';
import { EmbeddedEngine } from './embedded.engine.js';
import { KeyUseStore } from './key-use.store.js';
import { OperationStore } from './operation.store.js';
import { Recovery } from './recovery.js';

@Global()
@Module({
  providers: [
    {
      provide: AuditEngine,
      inject: [CONFIG],
      useFactory: ({ database }: Config) => {
        if (database.kind === 'embedded') return EmbeddedEngine.open(database.path);
        throw new Error('GATEWAY_DATABASE_URL: PostgreSQL is not supported by this version; use file:<path>');
      },
    },
    AuditTrail,
    OperationStore,
    KeyUseStore,
    ClaimStore,
    BrakeStore,
    Recovery,
  ],
  exports: [AuditTrail, OperationStore, KeyUseStore, ClaimStore, BrakeStore],
})
export class AuditModule {}
