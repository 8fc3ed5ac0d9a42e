import {
  ATT_CK_PHASES,
  ATTACK_TAGS,
  CATEGORIES,
  HANDLE_STATUSES,
  type AttackTag,
  type AttCkPhase,
  type Category,
  type HandleStatus,
} from '../domain/upstream-words.js';
import { OneOf, Text } from '../http/validation/fields.js';
import { Last } from '../lists/filter-fields.js';

/** Filters of alarms that stand alike in the query string of a listing and in the selector of a plan. */
export class AlarmFilterDto {
  /**
   * Only alarms of hosts, or only of containers. Left out: both, those of hosts first; upstream lists one at a time.
   * @example 'host'
   */
  @OneOf(CATEGORIES, { optional: true })
  category?: Category;

  /**
   * Only this status.
   * @example 'unhandled'
   */
  @OneOf(HANDLE_STATUSES, { optional: true })
  status?: HandleStatus;

  /**
   * Only hosts of this name.
   * @example 'app-server-15'
   */
  @Text(1, 256, { optional: true })
  hostName?: string;

  /**
   * Only this host.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  @Text(1, 64, { optional: true })
  hostId?: string;

  /**
   * Only the host of this private address.
   * @example '10.20.1.15'
   */
  @Text(1, 256, { optional: true })
  privateIp?: string;

  /**
   * Only the host of this public address.
   * @example '198.51.100.15'
   */
  @Text(1, 256, { optional: true })
  publicIp?: string;

  /**
   * Only containers of this instance name.
   * @example 'k8s_redis_redis-6c9f_prod_0'
   */
  @Text(1, 512, { optional: true })
  containerName?: string;

  /**
   * Only alarms of this name.
   * @example 'Ransomware'
   */
  @Text(1, 128, { optional: true })
  name?: string;

  /**
   * Only alarms marked so.
   * @example 'attack_success'
   */
  @OneOf(ATTACK_TAGS, { optional: true })
  attackTag?: AttackTag;

  /**
   * Only this ATT&CK phase.
   * @example 'Persistence'
   */
  @OneOf(ATT_CK_PHASES, { optional: true })
  attCk?: AttCkPhase;

  /**
   * Occurred within this long before now, instead of `from` and `to`: `30m`, `24h`, `7d`, or ISO 8601 such as `PT24H`.
   * @example '24h'
   */
  @Last()
  last?: string;
}
