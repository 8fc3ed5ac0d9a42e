import { Controller, Get, Injectable, Module } from '@nestjs/common';

import { AuditTrail } from '../audit/audit-trail.js';
import { Access } from '../http/access.js';
import { Problem } from '../http/problem.js';
import { UpstreamClient } from '../upstream/index.js';

/** Whether the process is on its way out. */
@Injectable()
export class Draining {
  started = false;
}

class LiveDto {
  /**
   * Always `alive`: the process answers.
   * @example 'alive'
   */
  status!: string;
}

class ReadyDto {
  /**
   * Always `ready`; otherwise a problem says what is missing.
   * @example 'ready'
   */
  status!: string;
}

@Controller()
export class HealthController {
  constructor(
    private readonly draining: Draining,
    private readonly trail: AuditTrail,
    private readonly upstream: UpstreamClient,
  ) {}

  /** Alive. */
  @Get('livez')
  @Access('public')
  live(): LiveDto {
    return { status: 'alive' };
  }

  /** Ready for requests: not on its way out, the audit trail writable, credentials not refused. Not whether HSS is up. */
  @Get('readyz')
  @Access('public')
  ready(): ReadyDto {
    const missing = this.#missing();
    if (missing !== undefined)
      throw new Problem(503, 'not_ready', missing, { retryable: true, retryAfter: 5 });
    return { status: 'ready' };
  }

  #missing(): string | undefined {
    if (this.draining.started) return 'The gateway is shutting down.';
    if (!this.trail.writable) return 'The audit trail can not be written.';
    const refused = this.upstream.projectsWithoutCredentials();
    return refused.length === 0 ? undefined : `IAM refuses the credentials of ${refused.join(', ')}.`;
  }
}

@Module({ controllers: [HealthController], providers: [Draining], exports: [Draining] })
export class HealthModule {}
