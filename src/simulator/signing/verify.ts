import type { Identity } from '../account.js';
import { header, type SimulatorRequest } from '../exchange.js';
import { refusedByGateway, type Refusal } from '../refusal.js';
import type { SimulatorState } from '../state.js';
import type { AccessKey } from '../iam/credentials.js';
import { ALGORITHM, canonicalRequest, parseAuthorization, sdkDate, signatureOf } from './signature.js';

/** Clocks may differ by so much (contract 4.1). */
const MAX_SKEW_MS = 15 * 60_000;

/** More than five failures in a row lock a key for five minutes (contract 3.1.9). */
const MAX_FAILURES = 6;
const LOCK_MS = 5 * 60_000;

function refused(reason: string): Refusal {
  return refusedByGateway(401, '0301', `Incorrect IAM authentication information: ${reason}`);
}

/** Whether a request comes with a signature rather than with a token. */
export function isSigned(request: SimulatorRequest): boolean {
  return (header(request, 'Authorization') ?? '').startsWith(ALGORITHM);
}

function checkTemporary(key: AccessKey, request: SimulatorRequest, now: number): void {
  if (key.securityToken === undefined) return;
  if (header(request, 'X-Security-Token') !== key.securityToken)
    throw refused('the security token does not match');
  if (key.expiresAt !== undefined && now >= key.expiresAt) throw refused('the security token has expired');
}

/**
 * Who signed a request. Unsigned headers are tolerated as upstream tolerates them (contract 4.2), the date must be
 * among the signed ones. The refusal of a wrong signature shows the server's canonical request, as upstream's does.
 */
export function signer(state: SimulatorState, request: SimulatorRequest): Identity {
  const stated = parseAuthorization(header(request, 'Authorization') ?? '');
  if (stated === undefined) throw refused('the Authorization header is malformed');
  const key = state.keys.find(stated.access);
  if (key === undefined) throw refused(`the AK ${stated.access} does not exist`);
  const now = state.now();
  if (key.lockout.isLocked(now)) throw refused('AK access failed to reach the limit, forbidden');
  const date = header(request, 'X-Sdk-Date') ?? '';
  const at = sdkDate(date);
  if (at === undefined || !stated.signedHeaders.includes('x-sdk-date'))
    throw refused('X-Sdk-Date is not signed');
  if (Math.abs(now - at) > MAX_SKEW_MS) throw refused(`signature expired, signed at ${date}`);
  checkTemporary(key, request, now);
  const canonical = canonicalRequest(request, stated.signedHeaders);
  if (signatureOf(canonical, date, key.sk) !== stated.signature) {
    key.lockout.fail(now, MAX_FAILURES, LOCK_MS);
    const shown = canonical.replaceAll('\n', '|');
    throw refused(`verify aksk signature fail, canonicalRequest:${shown}`);
  }
  key.lockout.succeed();
  return key.identity;
}
