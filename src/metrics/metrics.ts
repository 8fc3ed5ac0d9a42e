import { Global, Injectable, Module } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; from well below what the gateway adds to well beyond its longest deadline. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the gateway counts and measures. Labels name kinds and projects, never ids, callers' words or anything secret. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'hss_gateway_request_duration_seconds',
    help: 'Requests by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });

  readonly operations = new Counter({
    name: 'hss_gateway_operations_total',
    help: 'Operations by type and by the status they were answered with.',
    labelNames: ['operation', 'status'],
    registers: [this.registry],
  });

  readonly attempts = new Counter({
    name: 'hss_gateway_upstream_attempts_total',
    help: 'Exchanges with HSS by project, call and what came of them.',
    labelNames: ['project', 'call', 'result'],
    registers: [this.registry],
  });

  readonly retries = new Counter({
    name: 'hss_gateway_upstream_retries_total',
    help: 'Exchanges that were not the first for their call, by project.',
    labelNames: ['project'],
    registers: [this.registry],
  });

  readonly unknownWords = new Counter({
    name: 'hss_gateway_unknown_words_total',
    help: 'Event types and classes that passed although the gateway does not know them.',
    labelNames: ['field'],
    registers: [this.registry],
  });

  readonly refusals = new Counter({
    name: 'hss_gateway_refusals_total',
    help: 'Refusals by the code of the problem, and whether it was proved who asks; recorded one by one or counted.',
    labelNames: ['code', 'proved'],
    registers: [this.registry],
  });

  readonly followerFailures = new Counter({
    name: 'hss_gateway_follower_failures_total',
    help: 'Failed deliveries of what follows the audit trail, such as sinks; what failed is delivered later.',
    labelNames: ['follower'],
    registers: [this.registry],
  });

  /** A value that is read when somebody asks for it. @param read must not fail */
  watch(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  /** The same, one for each value of a label. */
  watchEach(
    name: string,
    help: string,
    label: string,
    read: () => Iterable<readonly [string, number]>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        for (const [value, number] of read()) this.set({ [label]: value }, number);
      },
    });
  }
}

@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {}
