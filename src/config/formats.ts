import type { Format } from './field.js';

export const CALLER_ID: Format = {
  pattern: /^[a-z0-9][a-z0-9-]{0,63}$/,
  allowed: '1 to 64 lower-case letters, digits and dashes, the first not a dash',
};

/** Also what `caller:key` makes: short, and safe in a log. */
export const KEY_ID: Format = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  allowed: '1 to 64 letters, digits, dots, underscores and dashes, the first a letter or digit',
};

export const ISSUER_NAME: Format = CALLER_ID;

/** A token's `iss` is compared to the letter. */
export const ISSUER: Format = {
  pattern: /^[\x21-\x7e]{1,512}$/,
  allowed: 'the issuer exactly as its tokens name it in iss, such as https://login.example.com',
};

export const CLAIM: Format = {
  pattern: /^[^\p{Cc}]{1,255}$/u,
  allowed: 'a text of 1 to 255 characters without control characters',
};

export const TOKEN_TYPE: Format = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}$/,
  allowed: 'a token type such as at+jwt, without application/',
};

export const EVENT_TYPE: Format = {
  pattern: /^(?:0|[1-9]\d{0,8})$/,
  allowed: 'an event type code such as 1010',
};

export const PROJECT_NAME: Format = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  allowed: '1 to 64 letters, digits, dots, underscores and dashes, the first a letter or digit',
};

/** Upstream's documents disagree on the length (contract 1.8); none can hold what a path would need encoded. */
export const PROJECT_ID: Format = {
  pattern: /^[A-Za-z0-9_-]{1,256}$/,
  allowed: 'the IAM project id, 32 hexadecimal characters as "My Credentials" in the console shows it',
};

export const REGION: Format = {
  pattern: /^[a-z0-9][a-z0-9-]{0,63}$/,
  allowed: 'a region id such as cn-north-4',
};

/** Names of an account and a user as IAM knows them. */
export const IAM_NAME: Format = {
  pattern: /^(?!\s)[^\p{Cc}\p{Cf}\uFFFD]{1,255}(?<!\s)$/u,
  allowed: 'a name of 1 to 255 visible characters, without blanks around it',
};

/** Stands in a header between other words (contract 4.1). */
export const ACCESS_KEY: Format = {
  pattern: /^[\x21-\x2b\x2d-\x7e]{1,128}$/,
  allowed: 'an access key of 1 to 128 printable characters without commas and blanks',
};

/** The value of a header. */
export const SECURITY_TOKEN: Format = {
  pattern: /^[\x21-\x7e]{1,32768}$/,
  allowed: 'a security token of 1 to 32768 printable characters without blanks',
};

export const HOST: Format = {
  pattern: /^[A-Za-z0-9.:_-]{1,253}$/,
  allowed: 'an IP address or host name without a port, such as 127.0.0.1 or 0.0.0.0',
};

export const SHA256: Format = {
  pattern: /^[0-9a-f]{64}$/i,
  allowed: 'the SHA-256 digest of the whole key, 64 hexadecimal characters',
};

export const ENTERPRISE_PROJECT_ID: Format = {
  pattern: /^(?:0|all_granted_eps|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/,
  allowed: '0, the 36-character id of an enterprise project, or all_granted_eps',
};

/** What a refusal says of the rules it was made by. */
export const RAIL_VERSION: Format = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/,
  allowed: '1 to 32 letters, digits, dots, underscores and dashes, the first a letter or digit',
};

export const FILE_NAME: Format = {
  pattern: /^[^\p{Cc}/\\]{1,255}$/u,
  allowed: 'a file name without its path, in which * stands for anything',
};

export const FILE_PATH: Format = {
  pattern: /^(?!.*[\\/]\.+(?:[\\/]|$))(?:\/[^\p{Cc}]{0,255}|[A-Za-z]:[\\/][^\p{Cc}%:]{0,255})$/u,
  allowed: 'an absolute path such as /opt/vault or D:\\Vault, without dots on the way and without variables',
};

export const FILE_HASH: Format = {
  pattern: /^[0-9A-Fa-f]{32,256}$/,
  allowed: 'a file hash of 32 to 256 hexadecimal characters',
};

export const AGENT_ID: Format = {
  pattern: /^[^\p{Cc}\s]{1,64}$/u,
  allowed: 'the id of an HSS agent, 1 to 64 characters',
};
