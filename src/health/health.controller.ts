import { Controller, Get, Header, Injectable, Module } from '@nestjs/common';
import { collectDefaultMetrics } from 'prom-client';

import { AuditTrail, faultWords, TrailState } from '../audit/index.js';
import { LivenessDto, ReadinessDto, type UnservedProjectDto } from './health.dto.js';
import { Access } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { Metrics } from '../metrics/metrics.js';
import { SettlementService } from '../operations/settlement/settlement.service.js';
import { refuse } from '../problems/catalogue.js';
import { type ProjectGate, type Trouble, UpstreamClient } from '../upstream/index.js';

/** Why a project is not served, in the words of /readyz. */
const WORDS: Readonly<Record<Trouble, string>> = {
  refused: 'its credentials are refused',
  unusable: 'the credentials that it is given cannot be used',
  project_unknown: 'IAM does not say which project is meant',
  throttled: 'IAM has too many logins at the moment',
  unavailable: 'no credentials can be had at the moment',
};

/** What passes by itself is no reason to send callers elsewhere: they would fare no better there. */
const PASSES: ReadonlySet<Trouble> = new Set(['throttled', 'unavailable']);

type Troubles = ReadonlyMap<string, Trouble | undefined>;

/** The projects that are not served at the moment, and why. */
export function unservedIn(troubles: Troubles): UnservedProjectDto[] {
  return [...troubles].flatMap(([project, reason]) => (reason ? [{ project, reason }] : []));
}

/** Why nothing can be served at all: not one of the projects, and not because of what passes by itself. */
export function hopeless(troubles: Troubles): string | undefined {
  const lost = unservedIn(troubles).filter(({ reason }) => !PASSES.has(reason));
  if (lost.length === 0 || lost.length < troubles.size) return undefined;
  return `No project can be served: ${lost.map(({ project, reason }) => `${project} (${WORDS[reason]})`).join(', ')}.`;
}

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
    private readonly state: TrailState,
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
   * For a readiness probe: it is not on its way out, the audit trail is whole and can be written, and at least one project can be served.
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
    const { broken } = this.state;
    if (broken) return `The audit trail is broken: ${faultWords(broken)}. Nothing is sent to the cloud.`;
    return hopeless(this.upstream.troubles());
  }
}

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
    const each = (read: (gate: ProjectGate) => number) => () =>
      [...upstream.gates].map(([name, gate]) => [name, read(gate)] as const);
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
      each(({ breaker }) => BREAKER_STATES[breaker.state]),
    );
    metrics.watchEach(
      'hss_gateway_upstream_waiting',
      'Requests that wait for their turn, each project.',
      'project',
      each(({ waiting }) => waiting),
    );
    metrics.watchEach(
      'hss_gateway_retry_quota',
      'What is left for retries, of 500, each project.',
      'project',
      each(({ quota }) => quota.left),
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

@Module({ controllers: [HealthController, MetricsController], providers: [Draining], exports: [Draining] })
export class HealthModule {}
