import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { type Expiration, EXPIRATION_ENDS, type ExpirationEnd } from '../../audit/index.js';
import { Formed, Text } from '../../validation/fields.js';
import { Limit, PageCursor, Words, wordOf } from '../../lists/filter-fields.js';
import { readParts, writeParts } from '../../lists/list-query.js';
import { ENTERPRISE_PROJECT } from '../../domain/scope.js';
import { OPERATION_NAMES, type OperationName } from '../../domain/operation-type.js';

export const EXPIRATION_STATUSES = ['scheduled', ...EXPIRATION_ENDS] as const;
export type ExpirationStatus = 'scheduled' | ExpirationEnd;

@ApiSchema({ name: 'Expiration', description: 'An operation that the gateway reverses at its expiration.' })
export class ExpirationDto {
  /**
   * Id of the operation.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @ApiProperty({ format: 'uuid' })
  operationId!: string;
  /** What was done. */
  @ApiProperty({ enum: OPERATION_NAMES, example: 'ignore' })
  operation!: OperationName;
  /**
   * How many alarms it named.
   * @example 3
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  alarmCount!: number;
  /**
   * When it is reversed.
   * @example '2027-01-31T00:00:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;
  /**
   * `scheduled`: still to come, or under way; `taken_back`: done; `cancelled`: it had been undone before;
   * `nothing_to_take_back`: it had changed no alarm; `failed`: look at its alarms.
   */
  @ApiProperty({ enum: EXPIRATION_STATUSES, example: 'scheduled' })
  status!: ExpirationStatus;
  /** Operations that undid it, or tried to, oldest first. */
  @ApiProperty({ type: [String], example: ['0198c5f3-1b02-7e55-9d21-2a3b4c5d6e7f'] })
  undoneBy?: string[];
}

@ApiSchema({ name: 'ExpirationPage', description: 'One page of expirations, the next to come first.' })
export class ExpirationPageDto {
  /** The expirations. */
  items!: ExpirationDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'WzE4MDEzNTM2MDAwMDAsIjAxOThjNWYyIl0'
   */
  nextCursor?: string;
}

/** Which expirations to list; every part narrows, a list means any of its words. As it travels: values are strings. */
export class ExpirationQueryDto {
  /**
   * Only these statuses.
   * @example ['scheduled']
   */
  @Words(wordOf(EXPIRATION_STATUSES), { formerly: ['state'] })
  status?: string | string[];

  /**
   * Only this project.
   * @example 'demo'
   */
  @Text(1, 64, { optional: true })
  project?: string;

  /**
   * Only this enterprise project.
   * @example '0'
   */
  @Formed(ENTERPRISE_PROJECT, '0, a UUID, or all_granted_eps', { optional: true })
  enterpriseProjectId?: string;

  /**
   * How many to list at most.
   * @example 20
   */
  @Limit()
  limit?: string;

  /**
   * `nextCursor` of the page before.
   * @example 'WzE4MDEzNTM2MDAwMDAsIjAxOThjNWYyIl0'
   */
  @PageCursor((value) => readCursor(value) !== undefined)
  cursor?: string;
}

type Place = Pick<Expiration, 'expiresAt' | 'operationId'>;

/** Opaque on purpose: what a cursor is made of may change. */
export function cursorAfter({ expiresAt, operationId }: Place): string {
  return writeParts([expiresAt, operationId]);
}

/** The place that a cursor stands after; undefined when it is no cursor. */
export function readCursor(value: unknown): Place | undefined {
  if (typeof value !== 'string') return undefined;
  const [expiresAt, operationId] = readParts(value);
  if (typeof operationId !== 'string' || !Number.isSafeInteger(expiresAt)) return undefined;
  const place = { expiresAt: expiresAt as number, operationId };
  return cursorAfter(place) === value ? place : undefined;
}
