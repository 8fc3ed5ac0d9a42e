/** How a text must look. */
export interface Format {
  readonly pattern: RegExp;
  /** Completes the sentence "must be ...". */
  readonly allowed: string;
}

const format = (pattern: RegExp, allowed: string): Format => ({ pattern, allowed });

const nameUpTo = (length: number): Format =>
  format(
    new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${length - 1}}$`),
    `1 to ${length} letters, digits, dots, underscores and dashes, the first a letter or digit`,
  );

export const CALLER_ID = format(
  /^[a-z0-9][a-z0-9-]{0,63}$/,
  '1 to 64 lower-case letters, digits and dashes, the first not a dash',
);

/** Also what `caller:key` makes: short, and safe in a log. */
export const KEY_ID = nameUpTo(64);

/** A token's `iss` is compared to the letter. */
export const ISSUER = format(
  /^[\x21-\x7e]{1,512}$/,
  'the issuer exactly as its tokens name it in iss, such as https://login.example.com',
);

export const CLAIM = format(
  /^[^\p{Cc}]{1,255}$/u,
  'a text of 1 to 255 characters without control characters',
);

export const TOKEN_TYPE = format(
  /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}$/,
  'a token type such as at+jwt, without application/',
);

export const EVENT_TYPE = format(/^(?:0|[1-9]\d{0,8})$/, 'an event type code such as 1010');

export const PROJECT_NAME = nameUpTo(64);

/** Upstream's documents disagree on the length (contract 1.8); none can hold what a path would need encoded. */
export const PROJECT_ID = format(
  /^[A-Za-z0-9_-]{1,256}$/,
  'the IAM project id, 32 hexadecimal characters as "My Credentials" in the console shows it',
);

export const REGION = format(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a region id such as cn-north-4');

/** The names of an account and of a user in IAM. */
export const IAM_NAME = format(
  /^(?!\s)[^\p{Cc}\p{Cf}\uFFFD]{1,255}(?<!\s)$/u,
  'a name of 1 to 255 visible characters, without blanks around it',
);

/** Stands in a header between other words (contract 4.1). */
export const ACCESS_KEY = format(
  /^[\x21-\x2b\x2d-\x7e]{1,128}$/,
  'an access key of 1 to 128 printable characters without commas and blanks',
);

/** The value of a header. */
export const SECURITY_TOKEN = format(
  /^[\x21-\x7e]{1,32768}$/,
  'a security token of 1 to 32768 printable characters without blanks',
);

export const HOST = format(
  /^[A-Za-z0-9.:_-]{1,253}$/,
  'an IP address or host name without a port, such as 127.0.0.1 or 0.0.0.0',
);

export const SHA256 = format(
  /^[0-9a-fA-F]{64}$/,
  'the SHA-256 digest of the whole key, 64 hexadecimal characters',
);

export const ENTERPRISE_PROJECT_ID = format(
  /^(?:0|all_granted_eps|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/,
  '0, the 36-character id of an enterprise project, or all_granted_eps',
);

/** In grants: one enterprise project, or any. */
export const ENTERPRISE_PROJECT_OR_ANY = format(
  new RegExp(`^\\*$|${ENTERPRISE_PROJECT_ID.pattern.source}`),
  `"*", ${ENTERPRISE_PROJECT_ID.allowed}`,
);

/** In grants: whether there is such a project is a rule across settings. */
export const PROJECT_OR_ANY = format(/^./su, '"*" or the name of a configured project');

export const ISSUER_REFERENCE = format(/^./su, 'the name of one of the issuers');

export const PATH = format(/^./su, 'the path of a file');

/** A shorter one could be guessed from a single signed request. */
export const MASTER_KEY = format(/^.{32,}$/su, '32 characters or more: make it with openssl rand -base64 48');

/** As Go's sumdb/note writes a signer's key. */
export const AUDIT_KEY = format(
  /^PRIVATE\+KEY\+[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/,
  'a signing key PRIVATE+KEY+<name>+<id>+<base64>: make it with hss-gateway audit key',
);

/** Of algorithm 4, so that the base64 begins with B. */
export const WITNESS_KEY = format(
  /^[^+\s]+\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}$/,
  'the key <name>+<id>+<base64> that the witness publishes for Ed25519 cosignatures',
);

/** What a refusal says of the rules it was made by. */
export const RAIL_VERSION = nameUpTo(32);

export const FILE_NAME = format(
  /^[^\p{Cc}/\\]{1,255}$/u,
  'a file name without its path, in which * stands for anything',
);

export const FILE_PATH = format(
  /^(?!.*[\\/]\.+(?:[\\/]|$))(?:\/[^\p{Cc}]{0,255}|[A-Za-z]:[\\/][^\p{Cc}%:]{0,255})$/u,
  'an absolute path such as /opt/vault or D:\\Vault, without dots on the way and without variables',
);

export const FILE_HASH = format(/^[0-9A-Fa-f]{32,256}$/, 'a file hash of 32 to 256 hexadecimal characters');

export const AGENT_ID = format(/^[^\p{Cc}\s]{1,64}$/u, 'the id of an HSS agent, 1 to 64 characters');

const DAY_MS = 86_400_000;

export const EXPIRY_FORMS =
  'a date such as 2027-06-30 (the last day the key works, in UTC) or a time with its zone such as 2027-06-30T12:00:00Z';

/**
 * When a key stops working, in epoch milliseconds: at an RFC 3339 time, or at the start of the UTC day after a date, so that
 * the date itself is the last day. Undefined when the text is neither.
 */
export function parseExpiry(text: string): number | undefined {
  const date = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  const day = date === undefined ? undefined : startOfDay(date);
  if (date === undefined || day === undefined) return undefined;
  if (text === date) return day + DAY_MS;
  return /^T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.test(text.slice(date.length))
    ? parseTime(text)
    : undefined;
}

/** Undefined for days that no calendar has, which `Date.parse` would move to the next month. */
function startOfDay(date: string): number | undefined {
  const day = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(day) && new Date(day).toISOString().startsWith(date) ? day : undefined;
}

function parseTime(text: string): number | undefined {
  const time = Date.parse(text.toUpperCase());
  return Number.isNaN(time) ? undefined : time;
}

export const ORIGIN_FORM = 'an origin such as https://host or https://host:8443, without user, path or query';

/** The expression is stricter than `URL`, which corrects what it is given (backslashes, missing slashes, line breaks). */
export function parseOrigin(text: string): URL | undefined {
  return /^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** RFC 3927 and RFC 4291, as `URL` writes addresses. */
function isLinkLocal(hostname: string): boolean {
  return /^169\.254\.\d+\.\d+$/.test(hostname) || /^\[fe[89ab][0-9a-f]:/.test(hostname);
}

/** The server that answers there makes the keys that requests are signed with: it must be on the machine or its own link. */
export function parseMetadataEndpoint(text: string): string | undefined {
  const url = parseOrigin(text);
  return url && (isLinkLocal(url.hostname) || isLoopback(url.hostname)) ? url.origin : undefined;
}

/** A server that could answer in the issuer's place would make callers of its own, so plain HTTP is for loopback alone. */
export function parseJwksUrl(text: string): string | undefined {
  const shaped = /^https?:\/\/[A-Za-z0-9.:[\]-]+\/[\x21\x24-\x7e]*$/.test(text) && !text.includes('#');
  const url = shaped && URL.canParse(text) ? new URL(text) : undefined;
  return url && (url.protocol === 'https:' || isLoopback(url.hostname)) ? url.href : undefined;
}

export const SINK_NAME = nameUpTo(64);

/** By the scheme of Standard Webhooks: 24 to 64 random bytes. */
export const WEBHOOK_SECRET = format(
  /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  'whsec_ and 24 to 64 random bytes in base64: make it with echo "whsec_$(openssl rand -base64 32)"',
);

export const SINK_URL_FORM = 'an address such as https://siem.example.com/records, without user and fragment';

/** Whether it may be plain HTTP is a rule across settings. */
export function parseSinkUrl(text: string): string | undefined {
  const shaped = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[\x21\x24-\x7e]*)?$/.test(text) && !text.includes('#');
  return shaped && URL.canParse(text) ? new URL(text).href : undefined;
}

/** Compared literally, so that what a browser would never send must not pass for an origin that is allowed. */
export function isBrowserOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

const SSL_MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'];

/** The path of an embedded database; undefined for another address. `file:///x` has an empty host before its path. */
export function databasePath(address: string): string | undefined {
  return /^file:(?:\/\/(?=\/))?(?!\/\/)(.+)$/.exec(address)?.[1];
}

export function databaseProblem(address: string): string | undefined {
  if (databasePath(address) !== undefined) return undefined;
  if (!/^postgres(?:ql)?:\/\//.test(address)) {
    return 'must be file:<path> or postgres://user:password@host/database';
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // A password that ends too early, at a special character in it, leaves its @ in what follows.
  if (!url || `${url.pathname}${url.search}${url.hash}`.includes('@')) {
    return 'is not a valid address: percent-encode what is special in the password (/ is %2F, # is %23, @ is %40)';
  }
  const mode = url.searchParams.get('sslmode');
  return mode === null || SSL_MODES.includes(mode)
    ? undefined
    : `has an unknown sslmode: must be one of ${SSL_MODES.join(', ')}`;
}
