/** Chance as the gateway sees it, so that a test can repeat a run. */
export abstract class Random {
  /** 0 up to, and excluding, 1. */
  abstract next(): number;
}

export class SystemRandom extends Random {
  next(): number {
    return Math.random();
  }
}

/** Reads public documents from other hosts, such as the keys that an issuer of tokens publishes. */
export abstract class DocumentSource {
  /** The text at an address. @throws DocumentUnavailable */
  abstract read(url: string): Promise<string>;
}

export class DocumentUnavailable extends Error {
  /** @param reason a network code, or `HTTP` and a status; nothing that the other host wrote */
  constructor(readonly reason: string) {
    super(`the document could not be read: ${reason}`);
  }
}

/** What was answered to a post. */
export interface PostAnswer {
  readonly status: number;
  /** As the other host wrote it; absent: it said none. */
  readonly contentType?: string;
  /** A mebibyte at most. */
  readonly body: string;
  /** What the other host asked for, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** Posts to other hosts that are not the cloud. Redirects are not followed. */
export abstract class HttpPoster {
  /**
   * @param timeoutMs until the answer must be complete
   * @throws PostUnanswered
   */
  abstract post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<PostAnswer>;
}

export class PostUnanswered extends Error {
  /** @param reason a network code, or a word such as `timeout` */
  constructor(readonly reason: string) {
    super(`there was no answer: ${reason}`);
  }
}
