import { Injectable } from '@nestjs/common';

import type { CallContext, Right } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { hasRight } from '../../domain/grants.js';
import { CallerDirectory } from './caller-directory.js';

/** Tells of what goes on for long whether whoever asked for it may still do so. */
@Injectable()
export class Standing {
  constructor(
    private readonly directory: CallerDirectory,
    private readonly clock: Clock,
  ) {}

  /**
   * @param address where the request came from
   * @returns whether the credential is still good and leads to the right, each time it is asked
   */
  of({ caller, credential }: CallContext, right: Right, address: string): () => boolean {
    const before = this.directory.current;
    return () => {
      const { current } = this.directory;
      if ((credential?.expiresAt ?? Infinity) <= this.clock.now()) return false;
      if (current === before) return true;
      // Of a token it must be verified anew whose it is; who comes back with it is recognised then.
      if (credential?.kind !== 'key') return false;
      const entry = current.callers.get(caller.id);
      const key = entry?.keys.find(({ identity }) => identity.credential.id === credential.id);
      if (!entry || !key || key.expiresAt <= this.clock.now()) return false;
      return (
        [entry.from, key.from].every((from) => from?.include(address) !== false) &&
        hasRight(entry.caller, right)
      );
    };
  }
}
