import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Simulator } from '../../src/simulator/simulator.js';

/** How the service behaves; the defaults are a new service that is well. */
export interface MetadataVariant {
  /** Answer to the request for a token; 404, 405 and 503 are what an older service says (contract 3.4). */
  tokenStatus?: 200 | 404 | 405 | 503;
  /** The next request for a key is refused with 401, as when the token has run out. */
  refuseOnce?: boolean;
  /** How long the keys live that are handed out. */
  durationSeconds?: number;
}

/** A running metadata service of one simulated server. */
export interface MetadataService {
  /** To be used where a client would say `http://169.254.169.254`. */
  readonly url: string;
  /** `METHOD path` of every request, in order. */
  readonly requests: readonly string[];
  change(variant: MetadataVariant): void;
  close(): Promise<void>;
}

const TOKEN_PATH = '/meta-data/latest/api/token';
const KEY_PATH = '/openstack/latest/securitykey';

interface Reply {
  readonly status: number;
  readonly body?: string;
}

class Metadata {
  readonly requests: string[] = [];
  readonly variant: Required<MetadataVariant> = {
    tokenStatus: 200,
    refuseOnce: false,
    durationSeconds: 3600,
  };
  private readonly tokens = new Set<string>();

  constructor(private readonly simulator: Simulator) {}

  async answer({ method = '', url = '', headers }: IncomingMessage): Promise<Reply> {
    this.requests.push(`${method} ${url}`);
    if (method === 'PUT' && url === TOKEN_PATH) return this.token(headers['x-metadata-token-ttl-seconds']);
    if (method === 'GET' && url === KEY_PATH) return this.key(headers['x-metadata-token']);
    return { status: 404 };
  }

  private token(lifetime: unknown): Reply {
    if (this.variant.tokenStatus !== 200) return { status: this.variant.tokenStatus };
    if (typeof lifetime !== 'string' || !/^\d{1,5}$/.test(lifetime)) return { status: 400 };
    const token = randomBytes(42).toString('base64');
    this.tokens.add(token);
    return { status: 200, body: token };
  }

  /** An older service, one that knows no tokens, hands the key to anybody. */
  private async key(token: unknown): Promise<Reply> {
    const older = this.variant.tokenStatus !== 200;
    const known = typeof token === 'string' && this.tokens.has(token);
    if (this.variant.refuseOnce || (!older && !known)) {
      this.variant.refuseOnce = false;
      return { status: 401 };
    }
    const answer = await fetch(`${this.simulator.url}/__control/credentials`, {
      method: 'POST',
      body: JSON.stringify({ durationSeconds: this.variant.durationSeconds }),
    });
    return { status: answer.status, body: `{"credential":${await answer.text()}}` };
  }
}

function serve(metadata: Metadata): Server {
  return createServer((request, response) => {
    void metadata.answer(request.resume()).then(
      ({ status, body }) => response.writeHead(status).end(body),
      () => response.writeHead(500).end(),
    );
  });
}

/** The ECS metadata service (contract 3.4) of a server that belongs to the simulator's account, on any free port. */
export async function startMetadataService(simulator: Simulator): Promise<MetadataService> {
  const metadata = new Metadata(simulator);
  const server = serve(metadata);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: metadata.requests,
    change: (variant) => void Object.assign(metadata.variant, variant),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
