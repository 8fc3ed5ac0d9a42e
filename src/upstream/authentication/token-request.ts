import type { AgencyConfig, PasswordCredentials, ProjectConfig } from '../../config/config.js';
import type { Clock } from '../../domain/clock.js';
import { header, type Answer } from '../transport.js';
import { lifeOf, type Unusable } from './life.js';

/** A token of IAM's. */
export interface IamToken {
  readonly value: string;
  /** By the monotonic clock, in milliseconds. */
  readonly expiresAt: number;
  /** What it is good for; absent when that is an account. */
  readonly projectId?: string;
}

/** What a token must be good for to be kept: exactly what was asked for. */
export type ExpectedScope =
  | { readonly project: { readonly id: string } | { readonly name: string } }
  | { readonly domain: { readonly name: string } };

/** Longest token upstream documents (contract 3.1). */
const MAX_TOKEN_LENGTH = 32_768;

/** A project's id, or the region's name where none is configured: that addresses the region's own project (contract 3.2). */
export function scopeOf({ projectId, region }: ProjectConfig): ExpectedScope {
  return { project: projectId === undefined ? { name: region } : { id: projectId } };
}

/** The body that asks for a token by password (contract 3.1.1 to 3.1.3). */
export function passwordBody(
  { domainName, userName }: PasswordCredentials,
  password: string,
  scope: ExpectedScope,
): string {
  const user = { name: userName, password, domain: { name: domainName } };
  return JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } });
}

/** The body that asks for an agency's token, to be sent with a token of the user's own (contract 3.1.5). */
export function agencyBody({ name, domainName }: AgencyConfig, scope: ExpectedScope): string {
  const identity = {
    methods: ['assume_role'],
    assume_role: { domain_name: domainName, agency_name: name },
  };
  return JSON.stringify({ auth: { identity, scope } });
}

interface TokenAnswer {
  readonly expires_at?: unknown;
  readonly issued_at?: unknown;
  readonly project?: { readonly id?: unknown; readonly name?: unknown };
  readonly domain?: { readonly name?: unknown };
}

/**
 * The answer's token, where it is what was asked for; anything else is never kept, never sent on.
 *
 * @param askedAt when it was asked for, by the monotonic clock: it lives from then on at most
 */
export function readToken(
  answer: Answer,
  expected: ExpectedScope,
  askedAt: number,
  clock: Clock,
): IamToken | Unusable {
  const value = header(answer, 'x-subject-token');
  const token = tokenIn(answer.body);
  if (!token || value === undefined || value.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(value))
    return { why: 'is none' };
  if (!isGoodFor(token, expected)) return { why: 'is for something else than was asked for' };
  const { issued_at: issuedAt, expires_at: expiresAt } = token;
  const life = lifeOf({ expiresAt, issuedAt, answeredAt: header(answer, 'date') }, clock);
  if ('why' in life) return life;
  const lives = { value, expiresAt: askedAt + life.ms };
  if (!('project' in expected)) return lives;
  const projectId = token.project?.id;
  return isProjectId(projectId) ? { ...lives, projectId } : { why: 'names a project whose id is none' };
}

/** It becomes part of a path. */
export function isProjectId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,256}$/.test(value);
}

function tokenIn(body: string): TokenAnswer | undefined {
  try {
    const parsed = JSON.parse(body) as { token?: TokenAnswer } | null;
    return parsed?.token ?? undefined;
  } catch {
    return undefined;
  }
}

function isGoodFor({ project, domain }: TokenAnswer, expected: ExpectedScope): boolean {
  if ('domain' in expected) return domain?.name === expected.domain.name;
  return 'id' in expected.project
    ? project?.id === expected.project.id
    : project?.name === expected.project.name;
}
