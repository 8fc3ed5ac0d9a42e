import { randomBytes } from 'node:crypto';
import { ACCESS_KEY, USER, type Identity } from '../account.js';
import { Lockout } from '../iam/lockout.js';

/** An access key; a temporary one comes with a security token and ends. */
export interface AccessKey {
  readonly ak: string;
  readonly sk: string;
  readonly identity: Identity;
  readonly securityToken?: string;
  readonly expiresAt?: number;
  readonly lockout: Lockout;
}

function randomName(length: number): string {
  return randomBytes(length).toString('hex').toUpperCase().slice(0, length);
}

export class KeyRing {
  private readonly keys = new Map<string, AccessKey>();

  constructor() {
    this.keys.set(ACCESS_KEY.ak, { ...ACCESS_KEY, identity: USER, lockout: new Lockout() });
  }

  find(ak: string): AccessKey | undefined {
    return this.keys.get(ak);
  }

  /** A temporary key (contract 3.3). */
  issue(identity: Identity, expiresAt: number, tokenLength: number): Required<AccessKey> {
    const key = {
      ak: randomName(20),
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
