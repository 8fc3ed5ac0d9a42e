import type { IncomingMessage } from 'node:http';

import {
  Body,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  Query,
  type PipeTransform,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { type Check, compileCheck } from '../validation/compiled-check.js';
import { type DtoClass, isPlainObject } from '../validation/fields.js';
import { MAX_PARAMETER, queryReport, report } from '../validation/report.js';
import { refuse } from '../problems/catalogue.js';
import { MAX_VIOLATIONS, type Violation } from '../problems/violation.js';

interface BodyOptions {
  /** It is an object without fields then. */
  readonly mayBeMissing?: boolean;
  /** Rules of more than one field. */
  readonly between?: (body: object) => readonly Violation[];
}

/** The body as a controller's parameter, valid by the rules of its class. */
export function ValidatedBody<T extends object>(
  type: DtoClass & (new () => T),
  options: BodyOptions = {},
): ParameterDecorator {
  return Body(new BodyPipe(type, options));
}

/** Lets a body through that is valid by the rules of one class; anything else is refused with everything that is wrong with it. */
class BodyPipe<T extends object> implements PipeTransform<unknown, T> {
  readonly #check: Check;

  constructor(
    private readonly type: DtoClass & (new () => T),
    private readonly options: BodyOptions = {},
  ) {
    this.#check = compileCheck(type);
  }

  transform(body: unknown): T {
    const given = this.options.mayBeMissing ? (body ?? {}) : body;
    const between = isPlainObject(given) ? (this.options.between?.(given) ?? []) : [];
    if (between.length === 0 && this.#check(given)) return given as T;
    throw refuse('invalid_request', [...report(this.type, given), ...between].slice(0, MAX_VIOLATIONS));
  }
}

/** The query string as a controller's parameter, valid by the rules of its class. @param between rules of more than one parameter */
export function ValidatedQuery(
  type: DtoClass,
  between?: (query: object) => readonly Violation[],
): ParameterDecorator {
  return Query(new QueryPipe(type, between));
}

/** Accepts a query string that is valid by the rules of one class; everything wrong with any other one is reported. */
export class QueryPipe<T extends object> implements PipeTransform<unknown, T> {
  readonly #check: Check;

  constructor(
    private readonly type: DtoClass & (new () => T),
    private readonly between: (query: object) => readonly Violation[] = () => [],
  ) {
    this.#check = compileCheck(type);
  }

  transform(query: unknown): T {
    const between = this.between(query as object);
    if (between.length === 0 && this.#check(query)) return query as T;
    throw refuse('invalid_request', [...queryReport(this.type, query), ...between].slice(0, MAX_VIOLATIONS));
  }
}

/** Refuses all query parameters: one that is passed over would leave its caller with a wrong belief. */
@Injectable()
export class NoParametersGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    const names = Object.keys(query as object).slice(0, MAX_VIOLATIONS);
    if (names.length === 0) return true;
    const [rule, message] = ['unknown_field', 'this route takes no parameters'];
    throw refuse(
      'invalid_request',
      names.map((name) => ({ parameter: name.slice(0, MAX_PARAMETER), rule, message })),
    );
  }
}

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

const RESPOND_ASYNC = /^\s*respond-async\s*(?:;.*)?$/i;

/** Whether the caller prefers not to wait (RFC 7240); unknown preferences are ignored. */
export function prefersNotToWait({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): boolean {
  const preferences = (headersDistinct['prefer'] ?? []).flatMap((value) => value.split(','));
  return preferences.some((preference) => RESPOND_ASYNC.test(preference));
}

const IDEMPOTENCY_KEY = 'idempotency-key';

const KEY_FORM = /^[\x20-\x7e]{1,255}$/;

/** The key under which a request may be sent again without its being carried out again, if it has one. @throws Problem 400 */
export function idempotencyKeyOf(
  message: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
): string | undefined {
  return onlyValueOf(message, IDEMPOTENCY_KEY, KEY_FORM, 'invalid_idempotency_key');
}

/** What a header says, if it is there. @param refusal for a second value, and for one that is not of the form @throws Problem */
export function onlyValueOf(
  { headers, headersDistinct }: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
  name: string,
  form: RegExp,
  refusal: 'invalid_idempotency_key' | 'invalid_on_behalf_of',
): string | undefined {
  if (headers[name] === undefined) return undefined;
  const [value, ...more] = headersDistinct[name] ?? [];
  if (value !== undefined && more.length === 0 && form.test(value)) return value;
  throw refuse(refusal);
}
