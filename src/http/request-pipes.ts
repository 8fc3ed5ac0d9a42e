import {
  Body,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  mixin,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { type Check, compileCheck } from '../validation/compiled-check.js';
import { type DtoClass, isPlainObject } from '../validation/fields.js';
import { report } from '../validation/report.js';
import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';
import { MAX_VIOLATIONS } from '../problems/violation.js';

/** The body as a controller's parameter, valid by the rules of its class. @param options.mayBeMissing an object without fields then */
export function ValidatedBody<T extends object>(
  type: DtoClass & (new () => T),
  options: { readonly mayBeMissing?: boolean } = {},
): ParameterDecorator {
  return Body(new BodyPipe(type, options));
}

/** Lets a body through that is valid by the rules of one class; anything else is refused with everything that is wrong with it. */
export class BodyPipe<T extends object> implements PipeTransform<unknown, T> {
  readonly #check: Check;

  constructor(
    private readonly type: DtoClass & (new () => T),
    private readonly options: { readonly mayBeMissing?: boolean } = {},
  ) {
    this.#check = compileCheck(type);
  }

  transform(body: unknown): T {
    const given = this.options.mayBeMissing ? (body ?? {}) : body;
    if (this.#check(given)) return given as T;
    throw refuse('invalid_request', report(this.type, given));
  }
}

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

@Injectable()
export class NoParametersGuard extends onlyParameters() {}

/**
 * A request whose enterprise project is a text. Upstream, and clients that pass on what it says, write the default one as a number
 * too; no other id is one.
 */
export function withScopeAsText(body: unknown): unknown {
  if (!isPlainObject(body)) return body;
  const { scope } = body;
  if (!isPlainObject(scope) || scope['enterpriseProjectId'] !== 0) return body;
  return { ...body, scope: { ...scope, enterpriseProjectId: '0' } };
}
