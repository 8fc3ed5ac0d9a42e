/** For a gateway that believes what the tests say about where a request comes from. */
export const BEHIND_A_PROXY = { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] } as const;

let addresses = 0;

/** An address that no other request of this test file comes from, so that failures of one test do not slow down another. */
export function newAddress(): string {
  addresses += 1;
  return `198.51.${addresses >> 8}.${addresses & 255}`;
}

export const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });
