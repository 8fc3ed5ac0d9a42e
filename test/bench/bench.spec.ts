import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { aimRow, baselineOf, complaints, isMet, withSection, type Aim, type Ratio } from './findings.js';
import { gatewayFlags } from './gateway.js';
import { actsCell, readingCell, type Measurement } from './measurement.js';
import { OptionError, parseOptions } from './options.js';
import { FreshIds, makeActs, makeBodies, makeReading } from './payloads.js';
import { ResponseReader } from './response-reader.js';
import { Results } from './results.js';
import { SECTIONS } from './sections.js';
import { Latencies, median } from './statistics.js';
import { table } from './tables.js';

const ONE_ALARM = actsCell(1, 32);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

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
    const template = makeActs('/', {}, body);
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

  it('reads without a body', () => {
    const { bytes } = makeReading('/v1/operations?limit=1', { Authorization: 'Bearer k' });
    expect(bytes.toString()).toBe(
      'GET /v1/operations?limit=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer k\r\n\r\n',
    );
    expect(readingCell('/v1/operations', 1).title).toBe('/v1/operations, 1 connection');
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
    expect(results.median('gateway', ONE_ALARM, 'requestsPerSecond')).toBe(190);
    expect(results.errors).toEqual([]);
  });

  it('draws no conclusion from a row with errors', () => {
    const results = new Results();
    results.add('gateway', ONE_ALARM, measured(1_000, { errors: 1, firstError: 'HTTP 500: {}' }));
    results.add('plain', ONE_ALARM, measured(100));
    expect(results.errors).toEqual(['gateway, 1 alarm, 32 connections: 1 errors; HTTP 500: {}']);
    expect(results.ratio('gateway', 'plain', ONE_ALARM, 'requestsPerSecond')).toBeUndefined();
    expect(results.median('gateway', ONE_ALARM, 'requestsPerSecond')).toBeUndefined();
  });

  it('runs the gateway as production does', () => {
    const command = /^CMD (.+)$/m.exec(readFileSync(`${ROOT}Dockerfile`, 'utf8'))?.[1] ?? '';
    expect(JSON.parse(command)).toEqual(['node', ...gatewayFlags(), 'dist/gateway/main.js']);
  });
});

describe('an aim', () => {
  const aim = (wanted: Aim['wanted'], figure: number | undefined): Aim => ({
    ...{ of: 'x', wanted, limit: 2, unit: 'x', figure },
  });

  it.each([
    ['at most', 1.9, true],
    ['at most', 2, true],
    ['at most', 2.1, false],
    ['at least', 1.9, false],
    ['at least', 2, true],
    ['at least', 2.1, true],
    ['at least', undefined, undefined],
  ] as const)('of %s 2 is held to %s: %s', (wanted, figure, met) => {
    expect(isMet(aim(wanted, figure))).toBe(met);
  });

  it('is shown with what was wanted and measured', () => {
    expect(aimRow(aim('at most', 2.345))).toEqual(['x', 'at most 2 x', '2.35 x', 'not met']);
    expect(aimRow(aim('at most', undefined))).toEqual(['x', 'at most 2 x', '-', 'not measured']);
  });
});

describe('the check', () => {
  const committed = fc.double({ min: 0.01, max: 100, noNaN: true });
  const better = fc.constantFrom<Ratio['better']>('higher', 'lower');

  it('complains of what is more than a fifth worse, and of nothing that is better', () => {
    // Not of exactly a fifth, which the rounding of a product decides.
    const percents = fc.integer({ min: 1, max: 300 }).filter((percent) => percent !== 80 && percent !== 120);
    fc.assert(
      fc.property(committed, better, percents, (base, side, percent) => {
        const found = complaints([{ name: 'r', better: side, value: (base * percent) / 100 }], { r: base });
        expect(found.length).toBe((side === 'higher' ? percent < 80 : percent > 120) ? 1 : 0);
      }),
    );
  });

  it('takes what was just committed', () => {
    const ratios = fc.uniqueArray(
      fc.record({ name: fc.string(), better, value: fc.double({ min: 0.05, max: 100, noNaN: true }) }),
      { selector: ({ name }) => name },
    );
    fc.assert(
      fc.property(ratios, (some) => {
        expect(complaints(some, baselineOf(some))).toEqual([]);
      }),
    );
  });

  it('says which, and complains of what was not measured or never committed', () => {
    const ratios: Ratio[] = [
      { name: 'speed', better: 'higher', value: 0.79 },
      { name: 'cost', better: 'lower', value: undefined },
      { name: 'new', better: 'lower', value: 1 },
    ];
    expect(complaints(ratios, { speed: 1, cost: 1 })).toEqual([
      'speed: 0.79x, and 1.00x is committed',
      'cost: no valid measurement',
      'new: nothing is committed',
    ]);
    expect(() => baselineOf(ratios)).toThrow('cost');
  });
});

describe('the command line', () => {
  const sectionsOf = (...args: string[]) => parseOptions(args)?.sections;

  it('chooses sections, in their order', () => {
    expect(sectionsOf()).toEqual(['acts']);
    expect(sectionsOf('--sections', 'start, acts')).toEqual(['acts', 'start']);
    expect(sectionsOf('--check')).toEqual(['acts', 'start']);
    expect(sectionsOf('--write-baseline')).toEqual(['acts', 'start']);
    expect(sectionsOf('--check', '--sections', 'start')).toEqual(['start']);
    expect(sectionsOf('--all')).toEqual(Object.keys(SECTIONS));
  });

  it('gives three rounds, and warms up for ten seconds', () => {
    expect(parseOptions([])).toMatchObject({ rounds: 3, warmUpSeconds: 10, node: process.execPath });
    expect(parseOptions(['--help'])).toBeUndefined();
  });

  it.each([
    ['--sections', 'act'],
    ['--only', 'nobody'],
    ['--rounds', '1.5'],
    ['--seconds', '0'],
    ['--unknown', '1'],
  ])('refuses %s %s', (flag, value) => {
    expect(() => parseOptions([flag, value])).toThrow(OptionError);
  });

  it('plans more time for more rounds, in each section', () => {
    for (const section of Object.values(SECTIONS)) {
      const planned = (rounds: number) => section.planned(parseOptions(['--rounds', String(rounds)])!);
      expect(planned(4)).toBeGreaterThan(planned(3));
    }
  });
});

describe('what is written', () => {
  it('is a table with its numbers to the right', () => {
    const rows = [
      ['gateway', '7'],
      ['a', '1234'],
    ];
    expect(table(['subject', 'n'], rows).split('\n')).toEqual([
      '| subject |    n |',
      '| ------- | ---: |',
      '| gateway |    7 |',
      '| a       | 1234 |',
    ]);
  });

  it('takes the place of what a document had of that section, and of nothing else', () => {
    const document = 'a\n<!-- acts -->\nold\n<!-- /acts -->\nb\n<!-- start -->\n<!-- /start -->\n';
    const written = withSection(document, 'acts', '\nnew\n');
    expect(written).toBe('a\n<!-- acts -->\n\nnew\n\n<!-- /acts -->\nb\n<!-- start -->\n<!-- /start -->\n');
    expect(withSection(written, 'acts', 'new')).toBe(written);
    expect(() => withSection(document, 'reads', 'x')).toThrow('reads');
  });
});
