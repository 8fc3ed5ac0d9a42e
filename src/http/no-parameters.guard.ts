import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { invalidRequest } from './problem.js';
import { MOST_VIOLATIONS } from './validation/report.js';

/** Refuses a query string where a route takes none: a parameter that is passed over would leave its caller with a wrong belief. */
@Injectable()
export class NoParametersGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    const names = Object.keys(query as object).slice(0, MOST_VIOLATIONS);
    if (names.length === 0) return true;
    throw invalidRequest(
      names.map((name) => ({
        parameter: name.slice(0, 64),
        rule: 'unknown_field',
        message: 'this route takes no parameters',
      })),
    );
  }
}
