import type { Identity } from '../account.js';
import type { Answer, SimulatorRequest } from '../exchange.js';
import { dig } from '../json.js';
import { refusedByIamNested } from '../refusal.js';
import { integer, problemsOf } from '../shape.js';
import type { World } from '../world.js';
import { callerOf, liveToken } from './caller.js';
import { iamTime } from './token-body.js';
import { iamBody, identityByAgency } from './token-request.js';
import { requireJson } from './token-routes.js';

const DURATION_SECONDS = integer(900n, 86_400n);
const SHORTEST_SECONDS = 900;

/** A temporary key in the form that IAM and the metadata service show it (contract 3.3, 3.4). */
export function issueCredential(world: World, identity: Identity, seconds: number): object {
  const key = world.keys.issue(identity, world.now() + seconds * 1000, world.settings.tokenLength);
  return {
    access: key.ak,
    secret: key.sk,
    securitytoken: key.securityToken,
    expires_at: iamTime(key.expiresAt),
  };
}

function identityFor(world: World, request: SimulatorRequest, asked: unknown, method: unknown): Identity {
  if (method === 'assume_role') return identityByAgency(asked, callerOf(world, request));
  const id = dig(asked, 'token', 'id');
  return typeof id === 'string' ? liveToken(world, id).identity : callerOf(world, request);
}

/** `POST /v3.0/OS-CREDENTIAL/securitytokens`: a temporary key from a token or from an agency. */
export function issueTemporaryKey(world: World, request: SimulatorRequest): Answer {
  requireJson(request);
  const asked = dig(iamBody(request.body), 'auth', 'identity');
  const [method] = (dig(asked, 'methods') as unknown[] | undefined) ?? [];
  if (method !== 'token' && method !== 'assume_role')
    throw refusedByIamNested(400, 'The method is not supported.');
  const seconds = dig(asked, method, 'duration_seconds') ?? SHORTEST_SECONDS;
  const [problem] = problemsOf(DURATION_SECONDS, seconds, 'duration_seconds');
  if (problem !== undefined) throw refusedByIamNested(400, problem);
  const credential = issueCredential(world, identityFor(world, request, asked, method), Number(seconds));
  return {
    status: 201,
    headers: { 'Content-Type': 'application/json; charset=UTF-8' },
    body: JSON.stringify({ credential }),
  };
}
