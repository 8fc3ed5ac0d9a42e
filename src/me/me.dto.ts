import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { RIGHTS, type Right } from '../domain/caller.js';
import { OPERATION_NAMES, type OperationName } from '../domain/operation-type.js';
import { SEVERITIES, type Severity } from '../domain/upstream-words.js';

const CREDENTIAL_KINDS = ['key', 'token', 'signature'] as const;

@ApiSchema({ name: 'MeCredential', description: 'By what this request proved who you are.' })
export class MeCredentialDto {
  /** What it is. */
  @ApiProperty({ enum: CREDENTIAL_KINDS, example: 'key' })
  kind!: (typeof CREDENTIAL_KINDS)[number];
  /**
   * A key's id; of a token its issuer's name and its subject.
   * @example 'Xk3nP9qL'
   */
  id!: string;
  /**
   * When it stops working; absent: never.
   * @example '2027-07-01T00:00:00.000Z'
   */
  expiresAt?: string;
}

@ApiSchema({ name: 'MeKey', description: 'One of your keys, the one in use or another.' })
export class MeKeyDto {
  /**
   * Its id.
   * @example 'Xk3nP9qL'
   */
  id!: string;
  /**
   * When it stops working; absent: never.
   * @example '2027-07-01T00:00:00.000Z'
   */
  expiresAt?: string;
  /**
   * When it was last used; absent: never since the gateway began to count.
   * @example '2026-08-16T09:05:22.701Z'
   */
  lastUsedAt?: string;
}

@ApiSchema({
  name: 'MeGrant',
  description: 'What you may do: all of it in any of the projects, in any of their enterprise projects.',
})
export class MeGrantDto {
  /** The rights that it gives. */
  @ApiProperty({ enum: RIGHTS, isArray: true, example: ['read', 'act'] })
  rights!: readonly Right[];
  /** Operation types, for the rights to act and to approve. */
  @ApiProperty({ enum: OPERATION_NAMES, isArray: true, example: ['mark_as_handled', 'unhandle'] })
  operations!: readonly OperationName[];
  /**
   * Names of projects.
   * @example ['prod']
   */
  @ApiProperty({ type: [String] })
  projects!: readonly string[];
  /**
   * Enterprise project ids; `*` is any single one, `all_granted_eps` all of them at once.
   * @example ['0']
   */
  @ApiProperty({ type: [String] })
  enterpriseProjects!: readonly string[];
  /**
   * Only alarms of these event types; absent: of all.
   * @example [1010]
   */
  @ApiProperty({ type: [Number] })
  eventTypes?: readonly number[];
  /** Only alarms that are known to be of these severities; absent: of all. */
  @ApiProperty({ enum: SEVERITIES, isArray: true, required: false, example: ['Low', 'Medium'] })
  severities?: readonly Severity[];
  /**
   * Only alarms named by their ids, as upstream lists them; absent: those that the request describes in full too.
   * @example true
   */
  byIdOnly?: true;
}

@ApiSchema({ name: 'Me', description: 'Who you are to the gateway, and what you may do.' })
export class MeDto {
  /**
   * Your id.
   * @example 'soc-portal'
   */
  caller!: string;
  /** By what you proved it. */
  credential!: MeCredentialDto;
  /**
   * The human you named with X-On-Behalf-Of.
   * @example 'jane.doe@example.com'
   */
  onBehalfOf?: string;
  /** Whether you may name a human with X-On-Behalf-Of. */
  mayActOnBehalf!: boolean;
  /** What you may do, wildcards spelled out where they can be. */
  grants!: MeGrantDto[];
  /** What you may not do, in the same form; a denial wins over every grant. */
  denials!: MeGrantDto[];
  /** Your keys, none of them shown. */
  keys!: MeKeyDto[];
}
