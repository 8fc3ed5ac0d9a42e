import type { Identity } from '../account.js';
import { header, type SimulatorRequest } from '../exchange.js';
import { refusedByIam } from '../refusal.js';
import { isSigned, signer } from '../signing/verify.js';
import type { World } from '../world.js';
import type { Token } from './token-store.js';

/** A token that still opens IAM. */
export function liveToken(world: World, value: string): Token {
  const token = world.tokens.find(value);
  if (token === undefined || token.revoked) throw refusedByIam(401, 'IAM.0067', 'The token is invalid.');
  if (world.now() >= token.expiresAt) throw refusedByIam(401, 'IAM.0066', 'The token has expired.');
  return token;
}

/** The token that a call to IAM carries itself. */
export function holderToken(world: World, request: SimulatorRequest): Token {
  return liveToken(world, header(request, 'X-Auth-Token') ?? '');
}

/** Who calls IAM: by a signature or by a token. */
export function callerOf(world: World, request: SimulatorRequest): Identity {
  return isSigned(request) ? signer(world, request) : holderToken(world, request).identity;
}
