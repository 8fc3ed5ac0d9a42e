import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { parseExact, stringifyExact } from './json.js';
import type { FaultMatch } from './faults/fault-rules.js';
import type { Fault } from './faults/fault.js';
import type { Settings } from './settings.js';
import type { Simulator } from './simulator.js';
import type { RecordedRequest } from './state.js';

/** One request and its answer. Header names of the answer are in lower case. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
}

export interface SendOptions {
  readonly headers?: OutgoingHttpHeaders;
  /** A string is sent as it stands; anything else as JSON, bigints exactly. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

/** A rule for `POST /__control/faults`. */
export interface NewFaultRule {
  readonly match?: FaultMatch;
  readonly times?: number | 'always';
  readonly skip?: number;
  readonly fault: Fault;
}

/** What `GET /__control/requests` shows of one request. */
export type ShownRequest = Omit<RecordedRequest, 'body'> & {
  readonly bodyBase64: string;
  readonly bodyText: string;
};

/** Answers up to this size of headers are read: a token may have 32,768 characters. */
const MAX_HEADER_BYTES = 256 * 1024;

/** Talks to a running simulator, each request on a connection of its own: for tests and for demos. */
export class SimulatorClient {
  constructor(private readonly simulator: Simulator) {}

  send(method: string, url: string, options: SendOptions = {}): Promise<Exchange> {
    const { headers = {}, body, timeoutMs = 10_000 } = options;
    const text = body === undefined || typeof body === 'string' ? body : stringifyExact(body);
    // Node frames the body of a DELETE only when its length is stated.
    const framed = text !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    };
    const given = { ...framed, ...headers };
    return new Promise((resolve, reject) => {
      const settings = { method, headers: given, agent: false, maxHeaderSize: MAX_HEADER_BYTES };
      const request = httpRequest(this.simulator.url + url, settings, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const shown = Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          );
          const bodyText = Buffer.concat(chunks).toString('utf8');
          resolve({ method, url, status: response.statusCode ?? 0, headers: shown, bodyText });
        });
      });
      request.setTimeout(timeoutMs, () => request.destroy(new Error('no answer in time')));
      request.on('error', reject).end(text);
    });
  }

  /** A control request; throws what the simulator found wrong with it. */
  async control(method: string, route: string, body?: unknown): Promise<unknown> {
    const answer = await this.send(method, `/__control/${route}`, { body });
    if (answer.status !== 200) throw new Error(`control ${route}: ${answer.bodyText}`);
    return parseExact(answer.bodyText);
  }

  async addFaults(...rules: NewFaultRule[]): Promise<void> {
    await this.control('POST', 'faults', rules);
  }

  async change(settings: Partial<Settings> & { agents?: Record<string, string> }): Promise<void> {
    await this.control('POST', 'settings', settings);
  }

  async requests(path = ''): Promise<readonly ShownRequest[]> {
    const shown = await this.control('GET', `requests?path=${encodeURIComponent(path)}`);
    return (shown as { requests: ShownRequest[] }).requests;
  }

  /** Asks IAM for a token by password; `project` is an id. */
  requestToken(options: { password?: string; project?: string; scope?: object } = {}): Promise<Exchange> {
    const { domain, user, password } = this.simulator.account;
    const { project = this.simulator.project.id, scope = { project: { id: project } } } = options;
    const named = { name: user, password: options.password ?? password, domain: { name: domain } };
    const body = { auth: { identity: { methods: ['password'], password: { user: named } }, scope } };
    return this.send('POST', '/v3/auth/tokens?nocatalog=true', {
      headers: { 'Content-Type': 'application/json;charset=utf8' },
      body,
    });
  }

  async token(project?: string): Promise<string> {
    const answer = await this.requestToken(project === undefined ? {} : { project });
    const token = answer.headers['x-subject-token'];
    if (token === undefined) throw new Error(`no token: ${answer.status} ${answer.bodyText}`);
    return token;
  }
}
