import { isAddressRange } from '../domain/address-range.js';
import * as formats from './formats.js';
import { AUDIT, AUDIT_KEY } from './schema.audit.js';
import { CALLER, ISSUER, PER_CALLER } from './schema.callers.js';
import { PROJECT } from './schema.projects.js';
import {
  boolean,
  choice,
  commaSeparated,
  flag,
  integer,
  list,
  object,
  secret,
  text,
} from './schema-language.js';

/**
 * Everything that can be configured, once: what the file and the variables call it, what it may be, its default, and what it is
 * for. Types, checks, suggestions, `--check-config`, the reference and the JSON Schema are all made from this.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The guard rails that can be switched off, by name. */
export const RAIL_NAMES = [
  'system_pid',
  'system_process',
  'protected_path',
  'protected_hash',
  'protected_host',
  'login_range',
  'whitelist_rule',
] as const;

/** What is changed of the built-in guard rails. */
const GUARD_RAILS = object({
  version: text(formats.RAIL_VERSION, { optional: true, doc: 'Your own version, shown with refusals.' }),
  off: list('guard rail', choice(RAIL_NAMES), { optional: true, doc: 'Guard rails that are switched off.' }),
  processes: list('file name', text(formats.FILE_NAME), {
    optional: true,
    doc: 'File names of processes that are never killed, beside the built-in ones.',
  }),
  paths: list('absolute path', text(formats.FILE_PATH), {
    optional: true,
    doc: 'Paths at and below which nothing is isolated.',
  }),
  hashes: list('file hash', text(formats.FILE_HASH), {
    optional: true,
    doc: 'Hashes of files that are never isolated.',
  }),
  hosts: list('agent id', text(formats.AGENT_ID), {
    optional: true,
    doc: 'Agent ids of hosts on which nothing destructive is done.',
  }),
  widestLogin: object(
    {
      ipv4: integer(16, 32, { default: 24, doc: 'For IPv4.' }),
      ipv6: integer(48, 128, { default: 64, doc: 'For IPv6.' }),
    },
    { doc: 'The widest range that logins may be trusted from, by the length of its prefix.' },
  ),
});

export const SETTINGS = object({
  environment: choice(
    ['production', 'development', 'test'],
    { file: false, env: 'NODE_ENV', default: 'development', doc: '`production` refuses demo mode.' },
    (mode) => (mode === 'production' ? mode : 'development'),
  ),
  demo: flag({
    file: false,
    env: 'GATEWAY_DEMO',
    optional: true,
    absent: '1 where no project is configured and NODE_ENV is not production',
    doc: 'Demo mode: the cloud is simulated in the same process. `0`: never.',
  }),
  listen: object(
    {
      host: text(formats.HOST, { env: 'HOST', default: '127.0.0.1', doc: 'The address to listen on.' }),
      port: integer(0, 65_535, {
        env: 'PORT',
        default: 3_000,
        doc: 'The port to listen on; `0`: any free one.',
      }),
      trustedProxies: commaSeparated(
        'addresses or ranges in CIDR notation, with commas between them, such as 10.0.0.0/8,192.0.2.7',
        isAddressRange,
        {
          env: 'GATEWAY_TRUSTED_PROXIES',
          optional: true,
          doc: 'Proxies whose `X-Forwarded-For` is trusted; by default none.',
        },
      ),
      allowedOrigins: commaSeparated(
        'origins as browsers send them, each in full and with commas between them, such as https://portal.example.com,https://soc.example.com:8443; * is none',
        formats.isBrowserOrigin,
        {
          env: 'GATEWAY_ALLOWED_ORIGINS',
          optional: true,
          doc: 'Origins whose pages may call the gateway from a browser (CORS); by default none.',
        },
      ),
    },
    { file: false },
  ),
  database: object(
    {
      url: secret({
        env: 'GATEWAY_DATABASE_URL',
        check: formats.databaseProblem,
        default: 'file:./data/gateway.db',
        doc: 'The audit database: `file:<path>`, or `postgres://user:password@host/database?sslmode=verify-full` for several gateways.',
      }),
      // Shorter, a pause of a process would be taken for its end; longer, nothing would look after what it left.
      goneAfterMs: integer(1_000, 600_000, {
        env: 'GATEWAY_REPLICA_GONE_MS',
        default: 30_000,
        doc: 'With PostgreSQL: how long after its last sign of life another gateway counts as gone, so that what it left is looked after here. Not shorter than the longest deadline.',
      }),
    },
    { file: false },
  ),
  auditKey: AUDIT_KEY,
  file: text(formats.PATH, {
    file: false,
    env: 'GATEWAY_CONFIG',
    optional: true,
    doc: 'The path of the YAML file.',
  }),
  projects: list('project', PROJECT, {
    label: 'name',
    optional: true,
    doc: 'Cloud projects. What a project leaves out is as the variables say.',
  }),
  callers: list('caller', CALLER, {
    label: 'id',
    optional: true,
    doc: 'Internal apps that may use the gateway; required unless in demo mode. Read again when the file changes.',
  }),
  issuers: list('issuer', ISSUER, {
    label: 'name',
    optional: true,
    doc: 'Issuers whose tokens callers may present. Read again when the file changes.',
  }),
  limits: object({
    alarmsPerRequest: integer(1, 10_000, {
      env: 'GATEWAY_MAX_ALARMS',
      default: 10_000,
      doc: 'Alarms in one request.',
    }),
    bodyBytes: integer(1_024, 67_108_864, {
      env: 'GATEWAY_MAX_BODY_BYTES',
      default: 8_388_608,
      doc: 'Size of a body.',
    }),
    // Beyond a minute or two a body is held open rather than sent.
    requestMs: integer(1_000, 600_000, {
      env: 'GATEWAY_REQUEST_MS',
      default: 60_000,
      doc: 'How long a body may take to arrive.',
    }),
    maxEventLoopDelayMs: integer(0, 60_000, {
      env: 'GATEWAY_MAX_EVENT_LOOP_DELAY_MS',
      default: 1_000,
      doc: 'Mean delay of the event loop, over a second, above which requests are rejected; `0`: never.',
    }),
    // What upstream's gate lets wait for one project, and as much again.
    requestsAtOnce: integer(2, 100_000, {
      env: 'GATEWAY_MAX_REQUESTS_AT_ONCE',
      default: 2_000,
      doc: 'Requests under way at once, above which more are rejected; those that only read from half of it on.',
    }),
    // Each keeps a connection open, and looks every two seconds.
    followers: integer(0, 100_000, {
      default: 200,
      doc: 'Operations followed at once, by all callers together.',
    }),
    perCaller: PER_CALLER,
  }),
  upstream: object({
    deadlineMs: integer(500, 30_000, {
      env: 'GATEWAY_DEADLINE_MS',
      default: 10_000,
      doc: 'The longest one operation may take, and what it takes when the caller asks for nothing.',
    }),
    // No attempt is started with less than the lower bound left, and none outlives the longest deadline.
    attemptTimeoutMs: integer(250, 30_000, {
      env: 'GATEWAY_ATTEMPT_TIMEOUT_MS',
      default: 5_000,
      doc: 'The longest one exchange with upstream may take.',
    }),
    maxAttempts: integer(1, 5, { default: 3, doc: 'Attempts of one call, where it may be repeated.' }),
    connections: integer(1, 1_024, { default: 64, doc: 'Connections at once, to each project.' }),
    settleQuietMs: integer(100, 3_600_000, {
      default: 20_000,
      doc: 'How long upstream may still carry out a request whose answer was lost. Only after that is an unchanged alarm believed.',
    }),
    settleGiveUpMs: integer(100, 3_600_000, {
      default: 60_000,
      doc: 'When looking for the outcome of such a request ends, and it stays unknown.',
    }),
    verify: choice(['always', 'destructive', 'never'], {
      env: 'GATEWAY_VERIFY',
      default: 'destructive',
      doc: "Of which operations upstream's state is read before and after, so that receipts say `already` and `verified`.",
    }),
  }),
  idempotency: object({
    keptMs: integer(
      1,
      720,
      { file: 'keepHours', default: 72, doc: 'How many hours an idempotency key stands for its operation.' },
      HOUR,
    ),
    joinMs: integer(
      0,
      30,
      {
        file: 'joinSeconds',
        default: 10,
        doc: 'How many seconds after it began a running request is joined by one like it; `0`: never.',
      },
      SECOND,
    ),
  }),
  background: object({
    operationsAtOnce: integer(1, 64, {
      default: 4,
      doc: 'How many background operations run at once; one more of those that take something back.',
    }),
    deadlineMs: integer(
      1,
      1_440,
      {
        file: 'deadlineMinutes',
        default: 60,
        doc: 'How many minutes one may take from its intent on; nothing more is sent then.',
      },
      MINUTE,
    ),
    heartbeatMs: integer(
      1,
      60,
      {
        file: 'heartbeatSeconds',
        default: 15,
        doc: 'Every how many seconds the followers of an operation are sent a sign of life.',
      },
      SECOND,
    ),
  }),
  // Shorter than an idempotency key may be kept: what was applied must be known for as long as it could be applied again.
  planMs: integer(
    1,
    55,
    { file: 'plans.expireMinutes', default: 15, doc: 'How many minutes a plan can be applied.' },
    MINUTE,
  ),
  guardRails: GUARD_RAILS,
  audit: AUDIT,
  dropIn: object({
    passUnknownFields: boolean({
      default: 'false',
      doc: "On upstream's own route: whether members of the body that the gateway does not know are passed on.",
    }),
  }),
  shutdown: object(
    {
      drainDelayMs: integer(0, 120_000, {
        env: 'GATEWAY_DRAIN_DELAY_MS',
        default: 0,
        doc: 'How long connections are still accepted after readiness is off, so that load balancers notice it.',
      }),
      drainMs: integer(0, 300_000, {
        env: 'GATEWAY_DRAIN_MS',
        default: 25_000,
        doc: 'How long a shutdown then waits for what is under way; what is not done by that time is recorded as interrupted.',
      }),
    },
    { file: false },
  ),
  signing: object(
    {
      masterKey: secret({
        env: 'GATEWAY_SIGNING_MASTER_KEY',
        format: formats.MASTER_KEY,
        doc: 'The secrets of issued signing keys are derived from it; see docs/drop-in.md.',
      }),
    },
    { file: false, optional: true },
  ),
  logLevel: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    file: false,
    env: 'LOG_LEVEL',
    default: 'info',
    doc: 'The lowest level that is logged.',
  }),
  logFormat: choice(['json', 'pretty'], {
    file: false,
    env: 'LOG_FORMAT',
    optional: true,
    absent: 'pretty at a terminal, json elsewhere',
    doc: '`json`: one JSON object a line; `pretty`: for people.',
  }),
  docs: flag({ file: false, env: 'GATEWAY_DOCS', default: '1', doc: 'Whether `/docs` is served.' }),
  allowInsecureEndpoints: flag({
    file: false,
    env: 'GATEWAY_ALLOW_INSECURE_ENDPOINTS',
    default: '0',
    doc: '`1` allows plain HTTP to other hosts; only for a simulator.',
  }),
});
