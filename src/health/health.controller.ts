import { Controller, Get, Injectable, Module } from '@nestjs/common';

import { AuditTrail } from '../audit/audit-trail.js';
import { Access } from '../http/access.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { refuse } from '../problems/catalogue.js';
import { UpstreamClient } from '../upstream/index.js';
import { MetricsController } from './metrics.controller.js';
import { LivenessDto, ReadinessDto } from './health.dto.js';
import { hopeless, unservedIn } from './unserved.js';

/** Whether the process is on its way out. */
@Injectable()
export class Draining {
  started = false;
}

@Controller()
export class HealthController {
  constructor(
    private readonly draining: Draining,
    private readonly trail: AuditTrail,
    private readonly upstream: UpstreamClient,
  ) {}

  /**
   * Whether the process answers.
   *
   * @remarks
   * For a liveness probe: restart the process when it fails.
   */
  @Get('livez')
  @Access('public')
  @OpenApi('isAlive', { 200: LivenessDto })
  live(): LivenessDto {
    return { status: 'alive' };
  }

  /**
   * Whether the gateway takes requests.
   *
   * @remarks
   * For a readiness probe: it is not on its way out, the audit trail can be written, and at least one project can be served.
   * `unserved` names those that cannot while others can. Not whether HSS or IAM is up: what they cannot do is each request's own
   * answer.
   */
  @Get('readyz')
  @Access('public')
  @OpenApi('isReady', { 200: ReadinessDto })
  ready(): ReadinessDto {
    const missing = this.#missing();
    if (missing !== undefined) throw refuse('not_ready', { missing });
    const unserved = unservedIn(this.upstream.troubles());
    return { status: 'ready', ...(unserved.length > 0 && { unserved }) };
  }

  #missing(): string | undefined {
    if (this.draining.started) return 'The gateway is shutting down.';
    if (!this.trail.writable) return 'The audit trail cannot be written.';
    return hopeless(this.upstream.troubles());
  }
}

@Module({ controllers: [HealthController, MetricsController], providers: [Draining], exports: [Draining] })
export class HealthModule {}
