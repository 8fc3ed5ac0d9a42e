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
