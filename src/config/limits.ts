import { readUsualLimits } from './caller-limits.js';
import type { LimitsConfig, ShutdownConfig, UpstreamConfig } from './config.js';
import type { Environment } from './environment.js';
import type { Field } from './field.js';

const ALARMS = { min: 1, max: 10_000 };
const BODY_BYTES = { min: 1_024, max: 67_108_864 };
/** Beyond a minute or two a body is held open rather than sent. */
const REQUEST_MS = { min: 1_000, max: 600_000 };
const EVENT_LOOP_DELAY_MS = { min: 0, max: 60_000 };
/** Each keeps a connection open, and looks every two seconds. */
const FOLLOWERS = { min: 0, max: 100_000 };
const DRAIN_DELAY_MS = { min: 0, max: 120_000 };
const DRAIN_MS = { min: 0, max: 300_000 };
const DEADLINE_MS = { min: 500, max: 30_000 };
/** No attempt is started with less than the lower bound left, and none outlives the longest deadline. */
const ATTEMPT_TIMEOUT_MS = { min: 250, max: 30_000 };
const ATTEMPTS = { min: 1, max: 5 };
/** How long upstream may go on with a request whose answer was lost, and when looking for its outcome ends. */
const SETTLE_MS = { min: 100, max: 3_600_000 };
const VERIFY = ['always', 'destructive', 'never'] as const;
const CONNECTIONS = { min: 1, max: 1_024 };

/** Variables win over the file, whose value is read all the same so that what is wrong with it is told. */
export function readLimits(file: Field, environment: Environment): LimitsConfig {
  const { alarmsPerRequest, bodyBytes, requestMs, maxEventLoopDelayMs, followers, perCaller } = file.object(
    'alarmsPerRequest',
    'bodyBytes',
    'requestMs',
    'maxEventLoopDelayMs',
    'followers',
    'perCaller',
  );
  return {
    alarmsPerRequest: environment
      .field('GATEWAY_MAX_ALARMS')
      .integer(ALARMS, alarmsPerRequest.integer(ALARMS, 10_000)),
    bodyBytes: environment
      .field('GATEWAY_MAX_BODY_BYTES')
      .integer(BODY_BYTES, bodyBytes.integer(BODY_BYTES, 8_388_608)),
    requestMs: environment
      .field('GATEWAY_REQUEST_MS')
      .integer(REQUEST_MS, requestMs.integer(REQUEST_MS, 60_000)),
    maxEventLoopDelayMs: environment
      .field('GATEWAY_MAX_EVENT_LOOP_DELAY_MS')
      .integer(EVENT_LOOP_DELAY_MS, maxEventLoopDelayMs.integer(EVENT_LOOP_DELAY_MS, 1_000)),
    followers: followers.integer(FOLLOWERS, 200),
    perCaller: readUsualLimits(perCaller),
  };
}

/** Of the process and not of what it does, so there are variables alone. */
export function readShutdown(environment: Environment): ShutdownConfig {
  return {
    drainDelayMs: environment.field('GATEWAY_DRAIN_DELAY_MS').integer(DRAIN_DELAY_MS, 0),
    drainMs: environment.field('GATEWAY_DRAIN_MS').integer(DRAIN_MS, 25_000),
  };
}

export function readUpstream(file: Field, environment: Environment): UpstreamConfig {
  const fields = file.object(
    'deadlineMs',
    'attemptTimeoutMs',
    'maxAttempts',
    'connections',
    'settleQuietMs',
    'settleGiveUpMs',
    'verify',
  );
  return {
    deadlineMs: environment
      .field('GATEWAY_DEADLINE_MS')
      .integer(DEADLINE_MS, fields.deadlineMs.integer(DEADLINE_MS, 10_000)),
    attemptTimeoutMs: environment
      .field('GATEWAY_ATTEMPT_TIMEOUT_MS')
      .integer(ATTEMPT_TIMEOUT_MS, fields.attemptTimeoutMs.integer(ATTEMPT_TIMEOUT_MS, 5_000)),
    maxAttempts: fields.maxAttempts.integer(ATTEMPTS, 3),
    connections: fields.connections.integer(CONNECTIONS, 64),
    settleQuietMs: fields.settleQuietMs.integer(SETTLE_MS, 20_000),
    settleGiveUpMs: fields.settleGiveUpMs.integer(SETTLE_MS, 60_000),
    verify: environment.field('GATEWAY_VERIFY').oneOf(VERIFY, fields.verify.oneOf(VERIFY, 'destructive')),
  };
}
