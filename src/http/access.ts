import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';

import { isAddress } from '../domain/address-range.js';
import type { CallContext, Right } from '../domain/caller.js';

/**
 * Who may reach a route.
 *
 * - `public`: anyone, without a key
 * - `caller`: any authenticated caller
 * - a right: any authenticated caller that has it anywhere; what it may do there is decided by its grants
 */
export type AccessRule = 'public' | 'caller' | Right;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: AccessRule;
    /** The route speaks upstream's own contract: credentials come as upstream takes them too. */
    asUpstream?: true;
    /** What is beyond the caller's quota is refused by the handler, which lets pass what takes something back. */
    acts?: true;
    /** A body may be left out, also where one of JSON is declared. */
    bodyMayBeMissing?: true;
  }
  interface FastifyRequest {
    /** Proves who signed, when the body is there; absent: nobody signed, or it is proved. */
    verify?: (body: Uint8Array) => void;
    /** Who asks; absent on public routes. */
    callContext?: CallContext;
    /** Where it came from, as it was when it came. */
    address?: string;
    /** What is held of a body that nobody proved yet. */
    unprovedBody?: { grow(bytes: number): void };
  }
}

/** The ways to prove who one is, as the document names them; either will do. */
export const SECURITY_SCHEMES = ['bearer', 'apiKey'] as const;

/** Declares who may reach a route, to the server and in the document. A route without it cannot be used. */
export const Access = (
  access: AccessRule,
  more: Pick<FastifyContextConfig, 'asUpstream' | 'acts' | 'bodyMayBeMissing'> = {},
): MethodDecorator =>
  applyDecorators(
    RouteConfig({ access, ...more }),
    ...(access === 'public' ? [] : SECURITY_SCHEMES.map((scheme) => ApiSecurity(scheme))),
  );

/** Where a request came from; a closed socket no longer knows, and a proxy may pass on what is no address. */
export function addressOf({ address, ip }: FastifyRequest): string {
  return address ?? (isAddress(ip) ? ip : 'unknown');
}

export function contextOf(request: FastifyRequest): CallContext {
  if (!request.callContext) throw new Error('a public route asked who called');
  return request.callContext;
}

/** The call context as a controller's parameter. */
export const Context = createParamDecorator((_: unknown, execution: ExecutionContext) =>
  contextOf(execution.switchToHttp().getRequest<FastifyRequest>()),
);
