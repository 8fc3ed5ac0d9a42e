import type { Identity } from '../account.js';
import { header, type Answer, type SimulatorRequest } from '../exchange.js';
import { dig, stringifyExact } from '../json.js';
import { refusedByIam, refusedByIamNested } from '../refusal.js';
import type { World } from '../world.js';
import { holderToken } from './caller.js';
import { showToken } from './token-body.js';
import { iamBody, identityByAgency, identityByPassword, scopeOf } from './token-request.js';
import type { Token } from './token-store.js';

function wantsCatalog(request: SimulatorRequest): boolean {
  return (request.query.get('nocatalog') ?? '') === '';
}

function tokenAnswer(request: SimulatorRequest, status: number, token: Token): Answer {
  const body = showToken(token, wantsCatalog(request), header(request, 'host') ?? 'localhost');
  return {
    status,
    headers: {
      'Content-Type': 'application/json; charset=UTF-8',
      'X-Subject-Token': token.value,
      'X-IAM-Trace-Id': `token_${request.requestId}`,
    },
    body: stringifyExact(body),
  };
}

/** IAM reads JSON only (contract 3.1). */
export function requireJson(request: SimulatorRequest): void {
  if (!/^application\/json\b/i.test(header(request, 'content-type') ?? '')) {
    throw refusedByIamNested(400, 'The content type is not application/json.');
  }
}

/** `POST /v3/auth/tokens`: 201 and the token in `X-Subject-Token`. Earlier tokens stay valid (contract 3.1). */
export function issueToken(world: World, request: SimulatorRequest): Answer {
  requireJson(request);
  const auth = iamBody(request.body)['auth'];
  const asked = dig(auth, 'identity');
  const methods = dig(asked, 'methods');
  const [method] = Array.isArray(methods) && methods.length === 1 ? (methods as unknown[]) : [];
  let identity: Identity;
  let assumedBy: Identity | undefined;
  if (method === 'password') {
    identity = identityByPassword(world, asked);
  } else if (method === 'assume_role') {
    assumedBy = holderToken(world, request).identity;
    identity = identityByAgency(asked, assumedBy);
  } else {
    throw refusedByIamNested(400, 'The authentication method is not supported.');
  }
  const now = world.now();
  const { tokenLength, tokenLifetimeMs } = world.settings;
  const token = world.tokens.issue(
    {
      identity,
      methods: [method],
      ...scopeOf(auth, identity),
      ...(assumedBy !== undefined && { assumedBy }),
      issuedAt: now,
      expiresAt: now + tokenLifetimeMs,
    },
    tokenLength,
  );
  return tokenAnswer(request, 201, token);
}

/** `GET /v3/auth/tokens`: what a token is, told to the holder of another one (contract 3.1.7). */
export function inspectToken(world: World, request: SimulatorRequest): Answer {
  holderToken(world, request);
  const token = world.tokens.find(header(request, 'X-Subject-Token') ?? '');
  if (token === undefined || token.revoked || world.now() >= token.expiresAt) {
    throw refusedByIam(404, 'IAM.0004', 'Could not find the token.');
  }
  return tokenAnswer(request, 200, token);
}
