/** One request as it came over the wire. */
export interface RecordedRequest {
  /** How many requests came before it. */
  readonly sequence: number;
  /** Epoch milliseconds of the end of its head. */
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  body: Buffer;
  /** `X-Request-Id` of its answer. */
  readonly requestId: string;
  /** Status of the answer; absent while there is none, and when none was meant to be sent. */
  status?: number;
  /** The kind of fault that was put on it. */
  fault?: string;
}

/** Everything that was received, in order; control requests are not. */
export class RequestLog {
  private entries: RecordedRequest[] = [];
  private count = 0;

  /** `keep` is false when recording is switched off: the request is then only counted. */
  add(request: Omit<RecordedRequest, 'sequence' | 'body'>, keep: boolean): RecordedRequest {
    const entry: RecordedRequest = { sequence: this.count, body: Buffer.alloc(0), ...request };
    this.count += 1;
    if (keep) this.entries.push(entry);
    return entry;
  }

  /** How many requests were received since the last clear, recorded or not. */
  get total(): number {
    return this.count;
  }

  matching(path: string | null): RecordedRequest[] {
    return path === null ? this.entries : this.entries.filter((entry) => entry.url.includes(path));
  }

  clear(): void {
    this.entries = [];
    this.count = 0;
  }
}

/** The JSON form; the body as base64 is exact, the text is for reading. */
export function showRequest(entry: RecordedRequest): object {
  const { body, ...rest } = entry;
  return { ...rest, bodyBase64: body.toString('base64'), bodyText: body.toString('utf8') };
}
