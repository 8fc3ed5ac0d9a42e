/** One request as the simulator sees it, and what it says to it. */

export interface SimulatorRequest {
  readonly method: string;
  /** Path and query exactly as they stood in the request line. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Name and value pairs in the order and spelling they arrived in. */
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** The id that the answer will carry in `X-Request-Id`. */
  readonly requestId: string;
}

/** What a test or a person asks of the simulator itself. */
export type ControlRequest = Pick<SimulatorRequest, 'method' | 'path' | 'query' | 'body'>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The first header of that name, in any case. */
export function header(request: Pick<SimulatorRequest, 'rawHeaders'>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return request.rawHeaders.find(([each]) => each.toLowerCase() === wanted)?.[1];
}

export function pairHeaders(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[index * 2] ?? '',
    flat[index * 2 + 1] ?? '',
  ]);
}

/** Splits a request target at its first question mark; nothing is decoded in the path. */
export function splitTarget(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}
