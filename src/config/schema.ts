import { isAddressRange } from '../domain/address-range.js';
import { RIGHTS, type CallerLimits } from '../domain/caller.js';
import { OPERATION_NAMES, type OperationName } from '../domain/operation-name.js';
import { SEVERITIES } from '../domain/severity.js';
import * as formats from './formats.js';
import {
  boolean,
  choice,
  commaSeparated,
  flag,
  integer,
  list,
  object,
  parsed,
  partial,
  secret,
  text,
  union,
  type Node,
} from './schema-language.js';

/**
 * Everything that can be configured, once: what the file and the variables call it, what it may be, its default, and what it is
 * for. Types, checks, suggestions, `--check-config`, the reference and the JSON Schema are all made from this.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const lowerCase = (written: string): string => written.toLowerCase();

/** With a public key to verify: what a secret shared with the issuer would sign is never accepted. */
export const SIGNING_ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
];

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

const METADATA_ENDPOINT = 'http://169.254.169.254';

const CREDENTIALS = union(
  {
    password: {
      inFile: 'token',
      inEnvironment: 'token',
      node: object({
        domainName: text(formats.IAM_NAME, {
          env: 'IAM_DOMAIN_NAME',
          doc: 'For `token`: the account that the IAM user belongs to.',
        }),
        userName: text(formats.IAM_NAME, { env: 'IAM_USER_NAME', doc: 'For `token`: the IAM user.' }),
        password: secret({ env: 'IAM_PASSWORD', doc: "For `token`: the user's password." }),
        agency: object(
          {
            name: text(formats.IAM_NAME, {
              file: 'agencyName',
              env: 'IAM_AGENCY_NAME',
              doc: 'For `token`: an agency to act through, if any.',
            }),
            domainName: text(formats.IAM_NAME, {
              file: 'agencyDomainName',
              env: 'IAM_AGENCY_DOMAIN_NAME',
              doc: 'For `token`: the account that delegates to that agency; given with its name.',
            }),
          },
          { flat: true, optional: true },
        ),
      }),
    },
    aksk: {
      inFile: 'aksk',
      inEnvironment: 'aksk',
      node: object({
        ak: secret({ env: 'HSS_AK', format: formats.ACCESS_KEY, doc: 'For `aksk`: the access key id.' }),
        sk: secret({ env: 'HSS_SK', doc: 'For `aksk`: the secret access key.' }),
        securityToken: secret({
          env: 'HSS_SECURITY_TOKEN',
          format: formats.SECURITY_TOKEN,
          optional: true,
          doc: 'For `aksk`: the security token of a temporary key.',
        }),
      }),
    },
    'ecs-metadata': {
      inFile: 'ecs-metadata',
      inEnvironment: 'ecs',
      node: object({
        endpoint: parsed(
          `an origin on a link-local or loopback address, such as ${METADATA_ENDPOINT}`,
          formats.parseMetadataEndpoint,
          {
            file: 'metadataEndpoint',
            default: METADATA_ENDPOINT,
            doc: 'For `ecs-metadata`: the metadata service of the server.',
          },
        ),
      }),
    },
  },
  {
    env: 'HSS_AUTH',
    optional: true,
    doc: "How the gateway authenticates to the cloud: `token` (an IAM user), `aksk` (requests signed with an access key) or the server's own temporary keys (`ecs` in the variable, `ecs-metadata` in the file).",
  },
);

/** One cloud project that operations can act on. Variables describe one project, and give the others what these leave out. */
export const PROJECT = object({
  name: text(formats.PROJECT_NAME, {
    env: 'GATEWAY_PROJECT_NAME',
    environmentDefault: 'default',
    doc: 'What callers and grants call the project.',
  }),
  region: text(formats.REGION, { env: 'HSS_REGION', doc: 'The region of the project.' }),
  projectId: text(formats.PROJECT_ID, {
    env: 'HSS_PROJECT_ID',
    optional: true,
    absent: 'looked up by the name of the region',
    doc: 'The IAM project id.',
  }),
  hssEndpoint: parsed(formats.ORIGIN_FORM, (origin) => formats.parseOrigin(origin)?.origin, {
    file: 'endpoint',
    env: 'HSS_ENDPOINT',
    optional: true,
    absent: 'by region',
    doc: "The origin of HSS, instead of the region's own.",
  }),
  iamEndpoint: parsed(formats.ORIGIN_FORM, (origin) => formats.parseOrigin(origin)?.origin, {
    env: 'IAM_ENDPOINT',
    optional: true,
    absent: 'by region',
    doc: "The origin of IAM, instead of the region's own.",
  }),
  enterpriseProjectId: text(
    formats.ENTERPRISE_PROJECT_ID,
    {
      env: 'HSS_ENTERPRISE_PROJECT_ID',
      environmentDefault: '0',
      optional: true,
      doc: 'The enterprise project of operations that name none.',
    },
    lowerCase,
  ),
  credentials: CREDENTIALS,
});

const range = parsed(
  'an address or a range in CIDR notation, such as 10.0.0.0/8 or 2001:db8::/32',
  (written) => (isAddressRange(written) ? written : undefined),
);

const from = (doc: string) => list('address or range', range, { optional: true, doc });

const expiresAt = parsed(formats.EXPIRY_FORMS, formats.parseExpiry, {
  optional: true,
  absent: 'never',
  shown: (time) => new Date(time).toISOString(),
  doc: 'The last day the key works (UTC), or a time with its zone.',
});

const RIGHT_DOC =
  'Rights: `read`, `act`, `approve`, `audit`. A grant that names none gives `read` and `act`.';

const OPERATIONS = ['*', ...OPERATION_NAMES] satisfies readonly (OperationName | '*')[];

const REACH = {
  rights: list('right', choice(RIGHTS), { optional: true, doc: RIGHT_DOC }),
  operations: list('operation type, or "*"', choice(OPERATIONS), {
    default: [],
    doc: 'Operation types, or `*` for all. A grant of `act` or `approve` must name some.',
  }),
  projects: list('project name, or "*"', text(formats.PROJECT_OR_ANY), {
    doc: 'Names of projects, or `*` for all.',
  }),
  enterpriseProjects: list(
    'enterprise project id, or "*"',
    text(formats.ENTERPRISE_PROJECT_OR_ANY, undefined, lowerCase),
    { doc: 'Ids, or `*` for any single one; `all_granted_eps` only where it is listed literally.' },
  ),
  eventTypes: list('event type code', text(formats.EVENT_TYPE, undefined, Number), {
    optional: true,
    doc: 'Only alarms of these event types.',
  }),
  severities: list('severity', choice(SEVERITIES), {
    optional: true,
    doc: 'Only alarms of these severities.',
  }),
} as const;

interface Reach {
  readonly rights?: readonly string[];
  readonly operations?: readonly string[];
  readonly projects?: readonly string[];
  readonly enterpriseProjects?: readonly string[];
  readonly eventTypes?: readonly number[];
  readonly severities?: readonly string[];
}

/** `read: * x prod x 0`: the rights where they are named, then what, where and where in it, then which alarms. */
function reachOf({
  rights,
  operations,
  projects,
  enterpriseProjects,
  eventTypes,
  severities,
}: Reach): string {
  const lists = [operations ?? ['*'], projects ?? ['*'], enterpriseProjects ?? ['*']];
  const parts = lists.map((items) => items.join(',') || '-');
  if (eventTypes) parts.push(`event types ${eventTypes.join(',')}`);
  if (severities) parts.push(`severities ${severities.join(',')}`);
  return `${rights ? `${rights.join(',')}: ` : ''}${parts.join(' x ')}`;
}

const GRANT = object(
  {
    ...REACH,
    byIdOnly: choice(
      ['true', 'false'],
      {
        optional: true,
        absent: 'false',
        doc: '`true`: only alarms named by their ids, with what upstream lists of them.',
      },
      (word) => (word === 'true' ? true : undefined),
    ),
  },
  { shown: reachOf },
);

const DENIAL = partial(object(REACH, { shown: reachOf, json: { minProperties: 1 } }));

/** What a caller may use up. Adding one takes its line in `CallerLimits`, this one, and the admission that counts it. */
const CALLER_LIMITS = {
  requestsPerMinute: integer(1, 1_000_000, { optional: true, doc: 'Requests a minute.' }),
  alarmsPerMinute: integer(1, 1_000_000, { optional: true, doc: 'Alarms handled a minute.' }),
  destructivePerDay: integer(0, 1_000_000, {
    optional: true,
    doc: 'Alarms acted on destructively within 24 hours.',
  }),
  maxHostsPerHour: integer(0, 100_000, {
    default: 50,
    doc: 'Hosts reached destructively, and whitelist entries made, within an hour before the brake engages.',
  }),
  followers: integer(0, 10_000, { default: 20, doc: 'Operations followed at once.' }),
  livePlans: integer(0, 10_000, { default: 20, doc: 'Plans that can still be applied.' }),
  livePlanAlarms: integer(0, 10_000_000, { default: 50_000, doc: 'Alarms in all of these plans.' }),
  backgroundOperations: integer(0, 10_000, {
    default: 100,
    doc: 'Operations that wait or run in the background.',
  }),
  expirations: integer(0, 1_000_000, {
    default: 1_000,
    doc: 'Operations with `expiresAt` that are still to be taken back.',
  }),
} as const satisfies Record<keyof CallerLimits, Node>;

const PER_CALLER = object(CALLER_LIMITS, {
  doc: 'What a caller may use up, unless its own `limits` say otherwise.',
});

const CALLER = object(
  {
    id: text(formats.CALLER_ID, { doc: 'The name of the caller in records and logs.' }),
    keys: list(
      'key',
      object({
        id: text(formats.KEY_ID, {
          optional: true,
          doc: 'What the key is called in records; by default the first eight characters of its digest.',
        }),
        sha256: {
          ...text(formats.SHA256, { doc: 'The SHA-256 digest of the whole key, in hexadecimal.' }, lowerCase),
          shown: () => undefined,
        },
        expiresAt,
        from: from('Addresses and ranges that the key may be used from.'),
      }),
      { default: [], doc: 'Keys. Required unless the caller has `tokens` or `signingKeys`.' },
    ),
    tokens: list(
      'token rule',
      object(
        {
          issuer: text(formats.ISSUER_REFERENCE, { doc: 'The `name` of an issuer.' }),
          claims: list(
            'claim',
            object({
              name: text(formats.CLAIM, { doc: 'The name of the claim.' }),
              value: text(formats.CLAIM, { doc: 'Its value, or one in its list.' }),
            }),
            { doc: 'Every one must be in the token.' },
          ),
        },
        { shown: ({ issuer, claims }) => `${issuer}: ${claims.map(({ name }) => name).join(', ')}` },
      ),
      { optional: true, doc: "Tokens that are this caller's: those that one of the rules fits." },
    ),
    signingKeys: list(
      'signing key',
      object({
        id: text(formats.KEY_ID, {
          doc: 'The id of an access key pair that was issued. Its secret is derived from the master key.',
        }),
        expiresAt,
        from: from('Addresses and ranges that the key may be used from.'),
      }),
      { label: 'id', optional: true, doc: 'Key pairs for signed requests.' },
    ),
    grants: list('grant', GRANT, { doc: 'What the caller may do. One grant must cover a request entirely.' }),
    denials: list('denial', DENIAL, {
      file: 'deny',
      optional: true,
      doc: 'What it may not do, whatever the grants say. What a denial leaves out, it denies all of.',
    }),
    onBehalfOf: boolean({ optional: true, doc: 'Whether it may name the human behind a request.' }),
    from: from('Addresses and ranges it may call from, by any of its credentials.'),
    limits: partial(PER_CALLER, { optional: true, doc: 'Its own limits, where they differ.' }),
  },
  { json: { anyOf: [{ required: ['keys'] }, { required: ['tokens'] }, { required: ['signingKeys'] }] } },
);

const ISSUER = object({
  name: text(formats.CALLER_ID, { doc: "What callers' token rules call it." }),
  issuer: text(formats.ISSUER, { doc: 'The `iss` of its tokens, literally.' }),
  jwksUrl: parsed(
    'an https address without user or fragment, such as https://login.example.com/jwks; http only for a loopback address',
    formats.parseJwksUrl,
    {
      // Without its query, which could carry a key of the issuer's.
      shown: (url) => url.replace(/\?.*$/, '?...'),
      doc: 'Where it publishes its public keys.',
    },
  ),
  audiences: list('audience', text(formats.CLAIM), { doc: 'A token must be meant for one of them.' }),
  algorithms: list('signing algorithm', choice(SIGNING_ALGORITHMS), {
    default: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    doc: 'Signing algorithms, all with public keys.',
  }),
  // An access token by RFC 9068, and what most issuers write.
  types: list('token type', text(formats.TOKEN_TYPE, undefined, lowerCase), {
    default: ['at+jwt', 'jwt'],
    doc: 'Allowed `typ` of tokens, without `application/`.',
  }),
});

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
        doc: 'How long connections are still accepted after readiness is off, so that load balancers can notice.',
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
