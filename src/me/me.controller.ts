import { Controller, Get, Inject, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import {
  DEFAULT_RIGHTS,
  RIGHTS,
  type CallContext,
  type Denial,
  type Grant,
  type Right,
} from '../domain/caller.js';
import { isFilterOperation, OPERATION_NAMES, type OperationName } from '../domain/operation-type.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { CallerDirectory, type KnownKey } from '../http/identity/caller-directory.js';
import { MeDto, type MeGrantDto, type MeKeyDto } from './me.dto.js';

@Controller('v1/me')
export class MeController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly directory: CallerDirectory,
  ) {}

  /**
   * Show who I am.
   *
   * @remarks
   * Which caller you are, by which credential, and what you may do: for every caller that is authenticated, with any rights or none.
   */
  @Get()
  @Access('caller')
  @OpenApi('tellWhoIAm', { 200: MeDto })
  me(@Context() context: CallContext): MeDto {
    const { keys = [] } = this.directory.current.callers.get(context.caller.id) ?? {};
    return meOf(context, keys, [...this.config.projects.keys()]);
  }
}

@Module({ controllers: [MeController] })
export class MeModule {}

/** What a caller may know of itself: all of its grants, and of its keys only what is named here. */
function meOf(
  { caller, credential, onBehalfOf }: CallContext,
  keys: readonly KnownKey[],
  projects: readonly string[],
): MeDto {
  if (!credential) throw new Error('a caller was recognised by nothing');
  return {
    caller: caller.id,
    credential: {
      kind: credential.kind,
      id: credential.id,
      ...(credential.expiresAt !== undefined && { expiresAt: timeOf(credential.expiresAt) }),
    },
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    mayActOnBehalf: caller.onBehalfOf === true,
    grants: caller.grants.map((grant) => grantOf(grant, projects)),
    denials: (caller.denials ?? []).map((denial) => denialOf(denial, projects)),
    keys: keys.map(keyOf),
  };
}

function grantOf(grant: Grant, projects: readonly string[]): MeGrantDto {
  return reachOf({ ...grant, rights: grant.rights ?? DEFAULT_RIGHTS }, projects);
}

/** What a denial leaves out, it denies all of. */
function denialOf(denial: Denial, projects: readonly string[]): MeGrantDto {
  const all = {
    rights: RIGHTS,
    operations: ['*'],
    projects: ['*'],
    enterpriseProjects: ['*', 'all_granted_eps'],
  } as const;
  return reachOf({ ...all, ...denial }, projects, () => false);
}

function reachOf(
  { operations, projects, ...rest }: Grant & { rights: readonly Right[] },
  known: readonly string[],
  isNamedOnly: (operation: OperationName) => boolean = isFilterOperation,
): MeGrantDto {
  return {
    ...rest,
    operations: spelledOut<OperationName>(operations, OPERATION_NAMES, isNamedOnly),
    projects: spelledOut(projects, known),
  };
}

/** @param isNamedOnly what `*` does not stand for */
function spelledOut<T extends string>(
  listed: readonly (T | '*')[],
  all: readonly T[],
  isNamedOnly: (each: T) => boolean = () => false,
): readonly T[] {
  if (!listed.includes('*')) return listed as readonly T[];
  return all.filter((each) => !isNamedOnly(each) || listed.includes(each));
}

function keyOf({ identity, use }: KnownKey): MeKeyDto {
  const { id, expiresAt } = identity.credential;
  return {
    id,
    ...(expiresAt !== undefined && { expiresAt: timeOf(expiresAt) }),
    ...(use.at !== undefined && { lastUsedAt: timeOf(use.at) }),
  };
}

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();
