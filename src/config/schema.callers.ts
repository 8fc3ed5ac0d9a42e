import { isAddressRange } from '../domain/address-range.js';
import { RIGHTS, type CallerLimits } from '../domain/caller.js';
import { OPERATION_NAMES, type OperationName } from '../domain/operation-type.js';
import { SEVERITIES } from '../domain/upstream-words.js';
import * as formats from './formats.js';
import {
  boolean,
  choice,
  integer,
  list,
  object,
  parsed,
  partial,
  text,
  type Node,
} from './schema-language.js';

const lowerCase = (written: string): string => written.toLowerCase();

/** With a public key to verify: what a secret shared with the issuer would sign is never accepted. */
export const SIGNING_ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
];

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
    doc: 'Operations with `expiresAt` that still wait for it.',
  }),
} as const satisfies Record<keyof CallerLimits, Node>;

export const PER_CALLER = object(CALLER_LIMITS, {
  doc: 'What a caller may use up, unless its own `limits` say otherwise.',
});

/** One internal app. */
export const CALLER = object(
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
      doc: 'What it may not do; a denial wins over every grant. A part that a denial leaves out is denied as a whole.',
    }),
    onBehalfOf: boolean({ optional: true, doc: 'Whether it may name the human behind a request.' }),
    from: from('Addresses and ranges it may call from, by any of its credentials.'),
    limits: partial(PER_CALLER, { optional: true, doc: 'Its own limits, where they differ.' }),
  },
  { json: { anyOf: [{ required: ['keys'] }, { required: ['tokens'] }, { required: ['signingKeys'] }] } },
);

/** An issuer of tokens that callers may present. */
export const ISSUER = object({
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
