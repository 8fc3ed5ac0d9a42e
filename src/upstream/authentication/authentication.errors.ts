import type { ErrorRow } from '../../hss/upstream.errors.js';

/** Why there is no proof of identity: the request it was meant for never left the gateway. */
const unavailable = (code: string, detail: string, retryable = true): ErrorRow => ({
  verdict: 'not_done',
  code,
  status: 503,
  detail: `${detail} The request was not sent. Nothing was done.`,
  retryable,
});

export const TOKEN_UNAVAILABLE = unavailable(
  'upstream_token_unavailable',
  'The gateway could not get a token from IAM.',
);
export const METADATA_UNAVAILABLE = unavailable(
  'upstream_credentials_unavailable',
  "The metadata service of the gateway's server gave no usable access key: check that the server has an agency.",
);
export const LOOKUP_FAILED = unavailable(
  'upstream_project_unknown',
  'The gateway could not ask IAM for the id of the project.',
);
export const LOOKUP_REFUSED = unavailable(
  'upstream_project_unknown',
  'IAM does not tell the gateway the id of the project: an operator must configure it, or grant the right to list projects.',
  false,
);
export const NO_SUCH_PROJECT = unavailable(
  'upstream_project_unknown',
  'IAM knows no enabled project that has the name of the region: an operator must configure the id of the project.',
  false,
);
export const SEVERAL_PROJECTS = unavailable(
  'upstream_project_unknown',
  'IAM knows several projects for the name of the region: an operator must configure the id of the one that is meant.',
  false,
);
