import { Body, Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Quotas } from '../access/quotas.js';
import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import type { Fault } from '../domain/outcome.js';
import { Clock } from '../domain/times.js';
import { Access, Context } from '../http/auth.hook.js';
import { Authentication, FailedAttempts, addressOf } from '../http/identity/authentication.js';
import { AuthenticationProblem, type Identity } from '../http/identity/identity.js';
import type { IssuedToken } from '../http/identity/issued-tokens.js';
import { UPSTREAM_JSON } from '../http/upstream-problem.js';
import { refuse } from '../problems/catalogue.js';
import { problemOfFault } from '../problems/problem.js';
import { iamCall } from './calls.js';
import {
  catalogAnswer,
  domainList,
  named,
  projectList,
  projectRows,
  tokenAnswer,
  type NamedProject,
} from './identity-answers.js';
import { Projects } from './projects.js';
import { familyQueryOf, type FamilyQuery } from './query.pipe.js';
import { tokenRequestOf, type TokenRequest } from './token-request.pipe.js';

const PROJECTS = iamCall('KeystoneListProjects');
const TOKENS = iamCall('KeystoneCreateToken');
const DOMAINS = iamCall('KeystoneListAuthDomains');
const CATALOG = iamCall('KeystoneShowCatalog');

/** A request for a token is short, and its sender is not known before it is read. */
const MAX_TOKEN_REQUEST_BYTES = 16_384;

/**
 * What upstream's clients ask IAM before they call HSS: who they are, which projects they have, and where services are (contract 3.1, 3.2).
 * The answers are about the gateway; IAM itself is never asked in a client's name.
 */
@Controller('v3')
@ApiExcludeController()
export class IamController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly projects: Projects,
    private readonly authentication: Authentication,
    private readonly failures: FailedAttempts,
    private readonly quotas: Quotas,
    private readonly clock: Clock,
  ) {}

  @Get('projects')
  @Access('caller', { asUpstream: true })
  async listProjects(
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { pairs } = familyQueryOf(PROJECTS, reply.request.raw.url ?? '');
    const { page, size, filters } = projectFiltersOf(pairs);
    const { known, fault } = await this.projects.grantedTo(context);
    const found = projectRows(named(known), originOf(reply.request)).filter((row) =>
      filters.every(([name, value]) => String(row[name]) === value),
    );
    // What is not known is never "none": a client might go on to create the project.
    if (fault && (found.length === 0 || filters.length === 0)) throw problemOfFault(fault);
    return json(reply, projectList(found.slice((page - 1) * size, page * size), originOf(reply.request)));
  }

  @Get('auth/domains')
  @Access('caller', { asUpstream: true })
  listDomains(@Res({ passthrough: true }) reply: FastifyReply): string {
    familyQueryOf(DOMAINS, reply.request.raw.url ?? '');
    return json(reply, domainList(originOf(reply.request)));
  }

  @Get('auth/catalog')
  @Access('caller', { asUpstream: true })
  async showCatalog(
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    familyQueryOf(CATALOG, reply.request.raw.url ?? '');
    const { known } = await this.projects.grantedTo(context);
    return json(reply, catalogAnswer(named(known), originOf(reply.request)));
  }

  @Post('auth/tokens')
  @Access('public', { maxBodyBytes: MAX_TOKEN_REQUEST_BYTES })
  @HttpCode(201)
  async createToken(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { request } = reply;
    void reply.header('Cache-Control', 'no-store');
    const { pairs } = familyQueryOf(TOKENS, request.raw.url ?? '');
    const asked = tokenRequestOf(body);
    const { identity, token } = this.#exchange(asked, request);
    const context = this.#contextOf(identity, request);
    const { known, fault } = await this.projects.grantedTo(context);
    const projects = named(known);
    const project = projectOf(asked, projects, fault);
    const wantsCatalog = !pairs.some(([name, value]) => name === 'nocatalog' && value !== '');
    void reply.header('X-Subject-Token', token.text);
    return json(
      reply,
      tokenAnswer({
        callerId: identity.caller.id,
        issuedAt: token.issuedAt,
        expiresAt: token.expiresAt,
        ...(project && { project }),
        ofDomain: asked.ofDomain,
        ...(wantsCatalog && { catalog: { projects, origin: originOf(request) } }),
      }),
    );
  }

  /** @throws Problem 401, and 429 to an address from which too many were wrong */
  #exchange(
    { user, password }: TokenRequest,
    request: FastifyRequest,
  ): { readonly identity: Identity; readonly token: IssuedToken } {
    const address = addressOf(request);
    try {
      return this.authentication.exchange(user, password, address);
    } catch (error) {
      if (!(error instanceof AuthenticationProblem) || error.whose) throw error;
      throw this.failures.answer(error, address);
    }
  }

  /** Known from here on, so that the log and the records say who asked. @throws Problem 429 */
  #contextOf({ caller, credential }: Identity, request: FastifyRequest): CallContext {
    const receivedAt = this.clock.monotonic();
    const context = {
      requestId: request.id,
      caller,
      credential,
      receivedAt,
      deadlineAt: receivedAt + this.config.upstream.deadlineMs,
    };
    request.callContext = context;
    const retryAfter = this.quotas.take('requests', caller, 1);
    if (retryAfter > 0) throw refuse('request_limit', undefined, { retryAfter });
    return context;
  }
}

/**
 * The project that a token is asked for.
 *
 * @param fault why not all of them are known
 * @throws Problem 404 for one that is not granted
 */
function projectOf(
  { project }: TokenRequest,
  projects: readonly NamedProject[],
  fault: Fault | undefined,
): NamedProject | undefined {
  if (!project) return undefined;
  const { id, name } = project;
  const found = projects.find((each) => (id === undefined ? each.name === name : each.projectId === id));
  if (!found) throw fault ? problemOfFault(fault) : refuse('token_scope_unknown');
  return found;
}

const MAX_PROJECTS = 5_000;

/** A page of projects, and what else they are asked for by (contract 3.2). @throws Problem 400 */
function projectFiltersOf(pairs: FamilyQuery['pairs']) {
  const asked = new Map(pairs);
  const [page, size] = [Number(asked.get('page') ?? 1), Number(asked.get('per_page') ?? MAX_PROJECTS)];
  const wrong = [
    ...(page >= 1 ? [] : [{ parameter: 'page', rule: 'integer', message: 'must be 1 or more' }]),
    ...(size >= 1 && size <= MAX_PROJECTS
      ? []
      : [{ parameter: 'per_page', rule: 'integer', message: `must be from 1 to ${MAX_PROJECTS}` }]),
  ];
  if (wrong.length > 0) throw refuse('invalid_request', wrong);
  return { page, size, filters: pairs.filter(([name]) => name !== 'page' && name !== 'per_page') };
}

/** The gateway's own, as the client reached it. */
function originOf({ protocol, host, raw }: FastifyRequest): string {
  const { localAddress = '', localPort = 0 } = raw.socket;
  return `${protocol}://${host === '' ? `${localAddress}:${localPort}` : host}`;
}

function json(reply: FastifyReply, answer: object): string {
  void reply.header('Content-Type', UPSTREAM_JSON);
  return JSON.stringify(answer);
}
