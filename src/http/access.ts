import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';

import type { Config, ProjectConfig } from '../config/config.js';
import { isAddress } from '../domain/address-range.js';
import type { CallContext, Caller, Right } from '../domain/caller.js';
import { accessDenialOf, type AccessQuestion, projectsWith } from '../domain/grants.js';
import type { Scope } from '../domain/scope.js';
import { refuse } from '../problems/catalogue.js';
import type { Violation } from '../problems/violation.js';

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

/** Where a request came from; a socket that is closed does not tell any more, and a proxy may hand on what is no address. */
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

/** Where a caller wishes to be; what it leaves out is found for it. */
export interface RequestedScope {
  readonly project?: string;
  readonly enterpriseProjectId?: string;
  readonly containerId?: string;
  readonly containerName?: string;
}

/** What a caller wishes to do there. */
export type AccessRequest = Pick<AccessQuestion, 'right' | 'operation' | 'alarms'>;

/** Where a request names its project. */
export type ProjectField = Pick<Violation, 'pointer' | 'parameter'>;

const IN_BODY: ProjectField = { pointer: '/scope/project' };

/** The project that is meant: the named one, or the only one where the caller has the right. @throws Problem 400, 403 */
function projectFor(
  { project: requested }: RequestedScope,
  { right }: AccessRequest,
  caller: Caller,
  projects: Config['projects'],
  field: ProjectField,
): ProjectConfig {
  const own = projectsWith(caller, right, projects.keys());
  const name = requested ?? (own.length === 1 ? own[0] : undefined);
  const project = name === undefined ? undefined : projects.get(name);
  if (project) return project;
  if (own.length === 0)
    throw refuse('not_granted', { caller: caller.id, what: `the right ${right} in any project` });
  const [rule, message] =
    requested === undefined
      ? ['required', 'must be named: you are granted several']
      : ['unknown_project', 'is not a project of this gateway'];
  throw refuse('invalid_request', [{ ...field, rule, message: `project ${message}`, allowed: own }]);
}

/**
 * Where a request will act or look, if its caller may do so there, but for the project's id, which IAM may have to be asked
 * for. The caller's own grants decide, never the request alone.
 *
 * @throws Problem 400 when no project is meant, 403 naming what is denied or not granted
 */
export function authorise(
  request: AccessRequest,
  requested: RequestedScope,
  caller: Caller,
  projects: Config['projects'],
  field: ProjectField = IN_BODY,
): { scope: Omit<Scope, 'projectId'>; project: ProjectConfig } {
  const project = projectFor(requested, request, caller, projects, field);
  // Grants and denials are lower case; an id written otherwise must not slip past a denial.
  const enterpriseProjectId = (requested.enterpriseProjectId ?? project.enterpriseProjectId).toLowerCase();
  const denial = accessDenialOf(caller, { ...request, project: project.name, enterpriseProjectId });
  if (denial) throw refuse(denial.code, { caller: caller.id, what: denial.what });
  const scope = {
    project: project.name,
    region: project.region,
    enterpriseProjectId,
    ...(requested.containerId !== undefined && { containerId: requested.containerId }),
    ...(requested.containerName !== undefined && { containerName: requested.containerName }),
  };
  return { scope, project };
}
