import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import type { IssuerConfig } from '../../src/config/config.js';

/** Signs tokens, and publishes its keys over HTTP. */
export interface Issuer {
  readonly config: IssuerConfig;
  /** How often the keys were fetched. */
  fetches(): number;
  /** From now on, keys are not to be had. */
  goDown(): void;
  comeBack(): void;
  /** A token that is good but for what is made different. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** The same, signed with a secret that anybody can know: the public key. */
  confusedToken(): Promise<string>;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'signing-key' };
  let fetches = 0;
  let down = false;
  const server = createServer((_, response) => {
    fetches += 1;
    response.statusCode = down ? 503 : 200;
    response.end(JSON.stringify({ keys: down ? [] : [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = 'https://login.example.com';
  const sign = (claims: Record<string, unknown>, header: Record<string, unknown>) =>
    new SignJWT({ iss: issuer, aud: 'hss-gateway', azp: 'portal-app', sub: 'service-7', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'signing-key', typ: 'at+jwt', ...header })
      .setExpirationTime('5m');
  return {
    config: {
      name: 'corporate',
      issuer,
      jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
      audiences: ['hss-gateway'],
      algorithms: ['RS256', 'ES256'],
      types: ['at+jwt', 'jwt'],
    },
    fetches: () => fetches,
    goDown: () => (down = true),
    comeBack: () => (down = false),
    token: (claims = {}, header = {}) => sign(claims, header).sign(privateKey),
    confusedToken: () => sign({}, { alg: 'HS256' }).sign(new TextEncoder().encode(JSON.stringify(jwk))),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
