import { Injectable, mixin, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';
import { MAX_VIOLATIONS } from '../problems/violation.js';

const TAKES_NONE = 'this route takes no parameters';

/**
 * Refuses query parameters other than those a route takes: one that is passed over would leave its caller with a wrong belief.
 */
export function onlyParameters(...known: readonly string[]): Type<CanActivate> {
  const takes = known.length === 0 ? TAKES_NONE : `this route takes ${known.join(', ')}`;
  class OnlyParametersGuard implements CanActivate {
    canActivate(context: ExecutionContext): true {
      const { query } = context.switchToHttp().getRequest<FastifyRequest>();
      const names = Object.keys(query as object)
        .filter((name) => !known.includes(name))
        .slice(0, MAX_VIOLATIONS);
      if (names.length === 0) return true;
      throw unknownParameters(names, takes);
    }
  }
  return mixin(OnlyParametersGuard);
}

function unknownParameters(names: readonly string[], message: string): Problem {
  return refuse(
    'invalid_request',
    names.map((name) => ({ parameter: name.slice(0, 64), rule: 'unknown_field', message })),
  );
}

/** What a route without parameters answers to one, for the document. */
export const NO_PARAMETERS_PROBLEM = unknownParameters(['user'], TAKES_NONE);

@Injectable()
export class NoParametersGuard extends onlyParameters() {}
