import { Injectable, mixin, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { invalidRequest } from './problem.js';
import { MOST_VIOLATIONS } from './validation/report.js';

/**
 * Refuses query parameters other than those a route takes: one that is passed over would leave its caller with a wrong belief.
 */
export function onlyParameters(...known: readonly string[]): Type<CanActivate> {
  const takes =
    known.length === 0 ? 'this route takes no parameters' : `this route takes ${known.join(', ')}`;
  class OnlyParametersGuard implements CanActivate {
    canActivate(context: ExecutionContext): true {
      const { query } = context.switchToHttp().getRequest<FastifyRequest>();
      const names = Object.keys(query as object)
        .filter((name) => !known.includes(name))
        .slice(0, MOST_VIOLATIONS);
      if (names.length === 0) return true;
      throw invalidRequest(
        names.map((name) => ({ parameter: name.slice(0, 64), rule: 'unknown_field', message: takes })),
      );
    }
  }
  return mixin(OnlyParametersGuard);
}

@Injectable()
export class NoParametersGuard extends onlyParameters() {}
