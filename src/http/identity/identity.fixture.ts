import type { IssuerConfig } from '../../config/config.js';
import { Clock } from '../../domain/times.js';
import { DocumentSource, DocumentUnavailable } from '../../domain/ports.js';

/** Time that passes only when a test says so. */
export class StoppedClock extends Clock {
  time = Date.parse('2026-08-16T09:00:00Z');

  now(): number {
    return this.time;
  }

  /** Far from the time of day, so that a mix-up of the two shows. */
  monotonic(): number {
    return this.time - 1_000_000_000_000;
  }

  wait(): Promise<void> {
    return Promise.resolve();
  }

  schedule(_milliseconds: number, _task: () => void): () => void {
    return () => undefined;
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
  }
}

/** An issuer's keys as it publishes them, and how often they were asked for. */
export class PublishedKeys extends DocumentSource {
  reads = 0;
  /** Absent: the issuer is down. */
  text: string | undefined;
  /** While set, answers wait for it. */
  gate: Promise<void> | undefined;

  publish(...keys: readonly object[]): void {
    this.text = JSON.stringify({ keys });
  }

  async read(): Promise<string> {
    this.reads += 1;
    await this.gate;
    if (this.text === undefined) throw new DocumentUnavailable('ECONNREFUSED');
    return this.text;
  }
}

export const ISSUER: IssuerConfig = {
  name: 'corporate',
  issuer: 'https://login.example.com',
  jwksUrl: 'https://login.example.com/jwks',
  audiences: ['hss-gateway'],
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  types: ['at+jwt', 'jwt'],
};
