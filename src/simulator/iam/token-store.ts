import { randomBytes } from 'node:crypto';
import type { Domain, Identity, Project } from '../account.js';

/** A token and what it is good for. */
export interface Token {
  readonly value: string;
  readonly identity: Identity;
  readonly methods: readonly string[];
  /** Set for an agency token: who took the agency on. */
  readonly assumedBy?: Identity;
  /** At most one of the two; with neither the token is for global services. */
  readonly project?: Project;
  readonly domain?: Domain;
  readonly issuedAt: number;
  readonly expiresAt: number;
  revoked: boolean;
}

/** Opaque, unguessable and as long as asked for; it starts as real ones do. */
function newValue(length: number): string {
  return `MII${randomBytes(length).toString('base64url')}`.slice(0, length);
}

export class TokenStore {
  private readonly tokens = new Map<string, Token>();
  private count = 0;

  issue(token: Omit<Token, 'value' | 'revoked'>, length: number): Token {
    const issued = { ...token, value: newValue(length), revoked: false };
    this.tokens.set(issued.value, issued);
    this.count += 1;
    return issued;
  }

  find(value: string): Token | undefined {
    return this.tokens.get(value);
  }

  /** Revokes all tokens, or those of one project; answers how many were still alive. */
  revoke(projectId?: string): number {
    const alive = [...this.tokens.values()].filter(
      (token) => !token.revoked && (projectId === undefined || token.project?.id === projectId),
    );
    for (const token of alive) token.revoked = true;
    return alive.length;
  }

  /** How many were ever issued. */
  get issued(): number {
    return this.count;
  }
}
