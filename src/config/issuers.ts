import {
  SIGNING_ALGORITHMS,
  type ClaimConfig,
  type IssuerConfig,
  type SigningAlgorithm,
  type TokenRuleConfig,
} from './config.js';
import { isLoopback } from './endpoints.js';
import type { Field } from './field.js';
import { CLAIM, ISSUER, ISSUER_NAME, TOKEN_TYPE } from './formats.js';
import { noteRepeated } from './repeated.js';

const USUAL_ALGORITHMS: readonly SigningAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** An access token by RFC 9068, and what most issuers write. */
const USUAL_TYPES: readonly string[] = ['at+jwt', 'jwt'];

/** Reads those whose tokens the gateway believes. */
export function readIssuers(issuers: Field): IssuerConfig[] {
  if (!issuers.given) return [];
  const names = new Set<string>();
  const claimed = new Set<string>();
  return issuers.list('issuer').map((entry) => {
    const fields = entry.object('name', 'issuer', 'jwksUrl', 'audiences', 'algorithms', 'types');
    const name = fields.name.text(ISSUER_NAME);
    noteRepeated(fields.name, name, names, 'repeats the name of another issuer: rename one');
    const issuer = fields.issuer.text(ISSUER);
    noteRepeated(fields.issuer, issuer, claimed, 'repeats another issuer: give all audiences in one place');
    return {
      name,
      issuer,
      jwksUrl: readJwksUrl(fields.jwksUrl),
      audiences: fields.audiences.list('audience').map((audience) => audience.text(CLAIM)),
      algorithms: readAlgorithms(fields.algorithms),
      types: readTypes(fields.types),
    };
  });
}

function readAlgorithms(field: Field): readonly SigningAlgorithm[] {
  if (!field.given) return USUAL_ALGORITHMS;
  return field
    .list('signing algorithm')
    .map((algorithm) => algorithm.oneOf<SigningAlgorithm>(SIGNING_ALGORITHMS));
}

function readTypes(field: Field): readonly string[] {
  if (!field.given) return USUAL_TYPES;
  return field.list('token type').map((type) => type.text(TOKEN_TYPE).toLowerCase());
}

function readJwksUrl(field: Field): string {
  const allowed = 'an https address without user or fragment, such as https://login.example.com/jwks';
  if (!field.given) {
    field.note(`is missing: must be ${allowed}`);
    return '';
  }
  const { raw } = field;
  const shaped = typeof raw === 'string' && /^https?:\/\/[A-Za-z0-9.:[\]-]+\/[\x21\x24-\x7e]*$/.test(raw);
  const url = shaped && !raw.includes('#') && URL.canParse(raw) ? new URL(raw) : undefined;
  // Whoever could answer in the issuer's place would make callers of their own.
  if (url === undefined || (url.protocol === 'http:' && !isLoopback(url.hostname))) {
    field.note(`must be ${allowed}; http only for a loopback address`);
    return '';
  }
  return url.href;
}

/** Reads by which tokens a caller is known; `issuers` are the names it may give. */
export function readTokenRules(
  rules: Field,
  issuers: readonly string[],
  taken: Set<string>,
): TokenRuleConfig[] {
  return rules.list('token rule').map((entry) => {
    const fields = entry.object('issuer', 'claims');
    const rule = {
      issuer: readIssuerName(fields.issuer, issuers),
      claims: fields.claims.list('claim').map(readClaim),
    };
    const sorted = rule.claims.map(({ name, value }) => JSON.stringify([name, value])).sort();
    const text = rule.issuer === '' || sorted.length === 0 ? '' : [rule.issuer, ...sorted].join(' ');
    noteRepeated(entry, text, taken, 'repeats another token rule: a token must be of one caller');
    return rule;
  });
}

function readIssuerName(field: Field, issuers: readonly string[]): string {
  const found = issuers.find((name) => name === field.raw);
  if (found !== undefined) return found;
  const missing = field.given ? '' : 'is missing: ';
  field.note(`${missing}must be the name of one of the issuers`);
  return '';
}

function readClaim(entry: Field): ClaimConfig {
  const { name, value } = entry.object('name', 'value');
  return { name: name.text(CLAIM), value: value.text(CLAIM) };
}
