import { Controller, Get, Header } from '@nestjs/common';
import { collectDefaultMetrics } from 'prom-client';

import { AuditTrail } from '../audit/index.js';
import { Access } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { Metrics } from '../metrics/metrics.js';
import { SettlementService } from '../operations/settlement/settlement.service.js';
import { UpstreamClient } from '../upstream/index.js';

const BREAKER_STATES = { closed: 0, half_open: 1, open: 2 } as const;

/** What the gateway counts, for Prometheus. */
@Controller()
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    settler: SettlementService,
    trail: AuditTrail,
    upstream: UpstreamClient,
  ) {
    collectDefaultMetrics({ register: metrics.registry });
    const { gates } = upstream;
    const each = (read: (name: string) => number) => () =>
      [...gates.keys()].map((name) => [name, read(name)] as const);
    const gate = (name: string) => gates.get(name);
    metrics.watch(
      'hss_gateway_unsettled_operations',
      'Operations whose outcome is unknown and could not be found out in time: somebody must look.',
      () => settler.unsettled,
    );
    metrics.watch(
      'hss_gateway_unknown_operations',
      'Operations whose outcome is unknown at the moment.',
      () => settler.watched,
    );
    metrics.watch('hss_gateway_audit_writable', '1 when the last record could be written.', () =>
      Number(trail.writable),
    );
    metrics.watchEach(
      'hss_gateway_project_ready',
      '1 while a project has a credential or may ask for one, 0 while it cannot be served for want of one.',
      'project',
      () => [...upstream.troubles()].map(([name, trouble]) => [name, Number(trouble === undefined)] as const),
    );
    metrics.watchEach(
      'hss_gateway_upstream_breaker',
      'Breaker of each project: 0 closed, 1 half open, 2 open.',
      'project',
      each((name) => BREAKER_STATES[gate(name)?.breaker.state ?? 'closed']),
    );
    metrics.watchEach(
      'hss_gateway_upstream_waiting',
      'Requests that wait for their turn, each project.',
      'project',
      each((name) => gate(name)?.waiting ?? 0),
    );
    metrics.watchEach(
      'hss_gateway_retry_quota',
      'What is left for retries, of 500, each project.',
      'project',
      each((name) => gate(name)?.quota.left ?? 0),
    );
  }

  /**
   * What the gateway counts.
   *
   * @remarks
   * For Prometheus. No ids and no secrets are among the labels.
   */
  @Get('metrics')
  @Access('public')
  @OpenApi('readMetrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
