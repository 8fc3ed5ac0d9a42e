import { isAddressRange } from '../domain/address-range.js';
import type { Environment } from './environment.js';

/** Whose word about where a request comes from is believed. */
export function trustedProxiesOf(environment: Environment): { trustedProxies?: string[] } {
  const trustedProxies = listIn(environment, 'GATEWAY_TRUSTED_PROXIES');
  if (!trustedProxies) return {};
  if (!trustedProxies.every(isAddressRange)) {
    environment.note(
      'GATEWAY_TRUSTED_PROXIES',
      'must be addresses or ranges in CIDR notation, with commas between them, such as 10.0.0.0/8,192.0.2.7',
    );
  }
  return { trustedProxies };
}

/** Whose pages may read answers. */
export function allowedOriginsOf(environment: Environment): { allowedOrigins?: string[] } {
  const allowedOrigins = listIn(environment, 'GATEWAY_ALLOWED_ORIGINS');
  if (!allowedOrigins) return {};
  if (!allowedOrigins.every(isOrigin)) {
    environment.note(
      'GATEWAY_ALLOWED_ORIGINS',
      'must be origins as browsers send them, each in full and with commas between them, such as https://portal.example.com,https://soc.example.com:8443; * is none',
    );
  }
  return { allowedOrigins };
}

function listIn(
  environment: Environment,
  name: 'GATEWAY_TRUSTED_PROXIES' | 'GATEWAY_ALLOWED_ORIGINS',
): string[] | undefined {
  const { given, raw } = environment.field(name);
  if (!given) return undefined;
  return String(raw)
    .split(',')
    .map((each) => each.trim());
}

/** Compared to the letter, so what a browser would never send must not pass for an origin that is allowed. */
function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
