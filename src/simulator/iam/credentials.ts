import { randomBytes } from 'node:crypto';
import { ACCESS_KEY, USER, type Domain, type Identity, type Project } from '../account.js';

/** Counts consecutive failures and locks for a while (contract 3.1.9). */
export class Lockout {
  private failures = 0;
  private lockedUntil = -Infinity;

  isLocked(now: number): boolean {
    return now < this.lockedUntil;
  }

  fail(now: number, limit: number, lockMs: number): void {
    this.failures += 1;
    if (this.failures < limit) return;
    this.failures = 0;
    this.lockedUntil = now + lockMs;
  }

  succeed(): void {
    this.failures = 0;
  }

  reset(): void {
    this.failures = 0;
    this.lockedUntil = -Infinity;
  }
}

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

export class TokenStore {
  private readonly tokens = new Map<string, Token>();
  private count = 0;

  /** Opaque, unguessable and as long as asked for; it starts as real ones do. */
  issue(token: Omit<Token, 'value' | 'revoked'>, length: number): Token {
    const value = `MII${randomBytes(length).toString('base64url')}`.slice(0, length);
    const issued = { ...token, value, revoked: false };
    this.tokens.set(value, issued);
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

/** An access key; a temporary one comes with a security token and ends. */
export interface AccessKey {
  readonly ak: string;
  readonly sk: string;
  readonly identity: Identity;
  readonly securityToken?: string;
  readonly expiresAt?: number;
  readonly lockout: Lockout;
}

export class KeyRing {
  private readonly keys = new Map<string, AccessKey>([
    [ACCESS_KEY.ak, { ...ACCESS_KEY, identity: USER, lockout: new Lockout() }],
  ]);

  find(ak: string): AccessKey | undefined {
    return this.keys.get(ak);
  }

  /** A temporary key (contract 3.3). */
  issue(identity: Identity, expiresAt: number, tokenLength: number): Required<AccessKey> {
    const key = {
      ak: randomBytes(10).toString('hex').toUpperCase(),
      sk: randomBytes(30).toString('base64url'),
      identity,
      securityToken: randomBytes(tokenLength).toString('base64url').slice(0, tokenLength),
      expiresAt,
      lockout: new Lockout(),
    };
    this.keys.set(key.ak, key);
    return key;
  }

  unlockAll(): void {
    for (const key of this.keys.values()) key.lockout.reset();
  }
}
