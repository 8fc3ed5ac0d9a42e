import { describe, expect, it } from '@jest/globals';
import { CELLS, type Measurement } from './measurement.js';
import { FreshIds, makeBodies, makeTemplate } from './payloads.js';
import { ResponseReader } from './response-reader.js';
import { Results, verdicts } from './results.js';
import { Latencies, median } from './statistics.js';

const ONE_ALARM = CELLS[1]!;

function measured(requestsPerSecond: number, more: Partial<Measurement> = {}): Measurement {
  return { requestsPerSecond, p50: 1, p99: 2, max: 3, errors: 0, answered: 100, ...more };
}

describe('the yardstick', () => {
  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello', 200],
    ['empty', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200],
    ['chunked', 'HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 503],
    ['chunked and empty', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 200],
  ])('finds the end of an answer %s, wherever the network cuts it', (_kind, text, status) => {
    const bytes = Buffer.from(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new ResponseReader();
      expect(reader.push(bytes.subarray(0, cut))).toBeUndefined();
      expect(reader.push(bytes.subarray(cut))?.status).toBe(status);
      expect(reader.push(bytes)?.status).toBe(status);
    }
  });

  it('never sends an event id twice', () => {
    const body = JSON.stringify(makeBodies(100).internal);
    const template = makeTemplate({ port: 1, path: '/', headers: {} }, body);
    const ids = new FreshIds();
    const seen = new Set<string>();
    for (let request = 0; request < 200; request++) {
      ids.stamp(template);
      const text = template.bytes.toString();
      const sent = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as { alarms: { eventId: string }[] };
      for (const { eventId } of sent.alarms) {
        expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
        // The first part alone, since the rest differs between the alarms of one body anyway.
        seen.add(eventId.slice(0, 8));
      }
    }
    expect(seen.size).toBe(20_000);
  });

  it('takes quantiles by nearest rank and the median of an even number from the two in the middle', () => {
    const latencies = new Latencies();
    for (let value = 300_000; value >= 1; value--) latencies.add(value);
    expect(latencies.quantiles(0.5, 0.99, 1)).toEqual([150_000, 297_000, 300_000]);
    latencies.clear();
    expect(latencies.quantiles(0.5)).toEqual([0]);
    expect(median([4, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('compares windows of the same round', () => {
    const results = new Results();
    for (const [gateway, plain] of [
      [300, 100],
      [80, 20],
    ] as const) {
      results.add('gateway', ONE_ALARM, measured(gateway));
      results.add('plain', ONE_ALARM, measured(plain));
    }
    expect(results.ratio('gateway', 'plain', ONE_ALARM, 'requestsPerSecond')).toBe(3.5);
    expect(verdicts(results).map(({ met }) => met)).toEqual([true, undefined, undefined]);
  });

  it('draws no conclusion from a row with errors', () => {
    const results = new Results();
    results.add('gateway', ONE_ALARM, measured(1_000, { errors: 1, firstError: 'HTTP 500: {}' }));
    results.add('plain', ONE_ALARM, measured(100));
    expect(results.valid).toBe(false);
    expect(results.ratio('gateway', 'plain', ONE_ALARM, 'requestsPerSecond')).toBeUndefined();
    expect(verdicts(results)[0]!.met).toBeUndefined();
  });
});
