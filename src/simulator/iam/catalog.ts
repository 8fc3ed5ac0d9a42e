import { header, type SimulatorRequest } from '../exchange.js';

/** The simulator as the caller reached it. */
export function originOf(request: SimulatorRequest): string {
  return `http://${header(request, 'host') ?? 'localhost'}`;
}

/** Services that are all in one place, as IAM lists them (contract 3.1.7). */
export function catalogAt(url: string, ...names: readonly string[]): object[] {
  return names.map((name) => ({
    id: `catalog-${name}`,
    name,
    type: name,
    endpoints: [{ id: `endpoint-${name}`, interface: 'public', region: '*', region_id: '*', url }],
  }));
}
