import { MAX_OFFSET } from '../domain/upstream-words.js';
import { fixed, withFacts, type ProblemDefinition } from './problem.js';

/** A code whose text depends on the case; the document shows the first one. */
function cases<Case extends string>(
  status: number,
  texts: Readonly<Record<Case, string>>,
  more: Pick<ProblemDefinition<Case>, 'retryable'> = {},
): ProblemDefinition<Case> {
  const [example] = Object.keys(texts) as [Case];
  return withFacts<Case>({ status, detail: (which) => texts[which], example, ...more });
}

const RETRYABLE = { retryable: true };
const NOT_SENT = 'The request was not sent. Nothing was done.';

/** Of a search for an alarm that was not found: what helps depends on whether everything was looked through. */
interface AlarmSearchFacts {
  readonly project: string;
  readonly enterpriseProjectId: string;
  readonly lookedThrough: number;
  readonly cutShort: boolean;
}

/** The text of `alarm_not_found` for an alarm that the gateway looked for. */
function searchedInVain({ project, enterpriseProjectId, lookedThrough, cutShort }: AlarmSearchFacts): string {
  const where = `in enterprise project ${enterpriseProjectId} of project ${project}`;
  return cutShort
    ? `The alarm is not among the ${lookedThrough} newest ${where}: upstream has no lookup by id. Name its occurTime, and it is found however old it is.`
    : `Upstream lists no such alarm ${where} for you, where ${lookedThrough} were looked through. Check the id, its occurTime where you gave one, and the enterprise project.`;
}

/**
 * What a call to upstream can end in. `acting`, `items` and `reading` are the kinds of call that a text is for: one that acts on
 * alarms, one that changes a list, one that only reads.
 */
export const UPSTREAM_PROBLEMS = {
  // The gateway's account.
  upstream_permission_denied: cases(403, {
    acting:
      "Upstream refuses the gateway's account here: it lacks the permission hss:event:set, or a right on this enterprise project. Name an enterprise project that the account may use, or have the right granted.",
    reading:
      "Upstream refuses the gateway's account here: it lacks the permission hss:event:get, or a right on this enterprise project. Name an enterprise project that the account may use, or have the right granted.",
  }),
  upstream_authentication_failed: cases(503, {
    credential:
      "Upstream does not accept the gateway's credential. Nothing was done. An operator must check the account, its password or keys, and the region.",
    programmatic_access:
      "The gateway's account is not allowed programmatic access: have it enabled in IAM. Nothing was done.",
  }),
  upstream_account_locked: fixed(
    503,
    "IAM has locked the gateway's account after failed logins. Nothing was done. It unlocks by itself; check the password meanwhile.",
  ),
  upstream_token_unavailable: fixed(
    503,
    `The gateway could not get a token from IAM. ${NOT_SENT}`,
    RETRYABLE,
  ),
  upstream_token_unusable: fixed(
    503,
    'IAM answered without a usable token for this project, so the request was not sent. Nothing was done.',
    RETRYABLE,
  ),
  upstream_credentials_unavailable: fixed(
    503,
    `The metadata service of the gateway's server gave no usable access key: check that the server has an agency. ${NOT_SENT}`,
    RETRYABLE,
  ),
  upstream_project_unknown: cases(503, {
    lookup_failed: `The gateway could not ask IAM for the id of the project. ${NOT_SENT}`,
    lookup_refused: `IAM does not give the gateway the id of the project: an operator must configure it, or grant the right to list projects. ${NOT_SENT}`,
    none: `IAM knows no enabled project that has the name of the region: an operator must configure the id of the project. ${NOT_SENT}`,
    several: `IAM knows several projects for the name of the region: an operator must configure the id of the one that is meant. ${NOT_SENT}`,
  }),
  project_unavailable: cases(403, {
    by_upstream: 'Upstream says that the project is unavailable.',
    not_configured: 'The project is not one of this gateway. Nothing was done.',
  }),
  address_refused: cases(403, {
    ours: "Upstream refuses the gateway's network address.",
    back_end: "Upstream refuses its back end's network address.",
  }),
  upstream_quota_exhausted: fixed(503, 'The quota for calls to upstream is used up.'),
  upstream_frozen: fixed(503, "Upstream has frozen the gateway's account."),
  quota_not_allowed: fixed(403, 'Upstream does not allow quota to be created here.'),

  // The request.
  upstream_invalid_parameter: fixed(400, 'Upstream finds a parameter invalid.'),
  upstream_invalid_time: fixed(400, 'Upstream could not read a time in the request.'),
  listing_too_long: fixed(
    400,
    `Upstream lists no further than ${MAX_OFFSET.toLocaleString('en')} rows. Narrow the filter, such as by a window of time.`,
  ),
  upstream_parse_failed: fixed(400, 'Upstream could not read the request.'),
  upstream_bad_request: fixed(400, 'Upstream finds the request malformed.'),
  upstream_too_large: fixed(413, 'Upstream finds the request too large: send fewer alarms.'),
  file_information_invalid: fixed(400, 'Upstream finds the file information invalid.'),
  alarm_not_found: withFacts<
    'by_upstream' | AlarmSearchFacts | { readonly missing: number; readonly of: number }
  >({
    status: 404,
    /** Of one that upstream refused, of several that a request names by their ids, or of one that was searched for. */
    detail: (facts) => {
      if (facts === 'by_upstream')
        return 'Upstream does not know an alarm of this request: check eventId, eventClassId, eventType, occurTime and the enterprise project against the listing.';
      return 'missing' in facts
        ? `${facts.missing} of the ${facts.of} alarms were not found; see violations. Nothing was done.`
        : searchedInVain(facts);
    },
    example: 'by_upstream',
    readingExample: { project: 'demo', enterpriseProjectId: '0', lookedThrough: 5_000, cutShort: true },
  }),
  alarm_ambiguous: withFacts({
    status: 409,
    detail: ({ count }: { readonly count: number }) =>
      `Upstream lists ${count} alarms of this id. Name occurTime and eventType of the one that is meant.`,
    example: { count: 2 },
  }),
  item_not_found: fixed(
    404,
    'Upstream does not know an item of this request, so it did nothing for any of them. Read the list again: the item may be gone, or in another enterprise project.',
  ),
  upstream_call_refused: fixed(
    502,
    'Upstream does not offer this call here: check the endpoint and the region of the project.',
  ),
  upstream_redirected: fixed(502, 'Upstream sent the request elsewhere; the gateway never follows.'),
  upstream_refused: cases(502, {
    without_reason: 'Upstream refused the request without saying why.',
    in_a_success: 'Upstream refused the request.',
    own_code: 'Upstream refused the request; its code says why.',
    policy: 'Upstream refused the request because of its own configuration of this host or account.',
    reading: 'Upstream refused to be read.',
  }),

  // The host of an alarm.
  agent_missing: fixed(409, 'The host has no HSS agent, so nothing can be done on it.'),
  agent_offline: fixed(
    409,
    'The HSS agent on the host is offline: bring it online and try again.',
    RETRYABLE,
  ),
  agent_command_failed: fixed(
    502,
    'Upstream could not send the command to the agent on the host. Try again, or check the agent.',
    RETRYABLE,
  ),
  host_protected: fixed(409, 'The host is protected, so its alarm cannot be ignored.'),
  host_query_failed: fixed(502, 'Upstream could not look up the host.', RETRYABLE),
  policy_query_failed: fixed(502, 'Upstream could not look up the policy.', RETRYABLE),
  policy_invalid: fixed(409, 'Upstream finds the policy invalid.'),
  quota_insufficient: fixed(409, 'The protection quota does not suffice.'),

  // Upstream as a whole, and the way there.
  upstream_failed: cases(502, {
    acting: 'Upstream failed while it worked on the request: whether it was done is not known.',
    reading: 'Upstream failed while it was asked. Nothing was done; try again later.',
  }),
  upstream_unavailable: fixed(
    503,
    'Upstream could not take the request at the moment. Nothing was done.',
    RETRYABLE,
  ),
  upstream_throttled: fixed(
    503,
    'Upstream has too many requests at the moment. Nothing was done; try again later.',
    RETRYABLE,
  ),
  upstream_unreachable: fixed(503, 'The gateway could not reach upstream. Nothing was done.', RETRYABLE),
  upstream_unanswered: cases(504, {
    acting:
      'The request was sent and no complete answer came: whether it was done is not known. Look at the alarm before trying again.',
    items:
      'The request was sent and no complete answer came: whether it was done is not known. Look at the list before trying again.',
    reading: 'Upstream was asked and gave no complete answer. Nothing was done; try again, or ask for less.',
  }),
  upstream_unreadable: cases(502, {
    acting:
      'Upstream answered something that is not its documented answer: whether it was done is not known.',
    reading:
      'Upstream answered something that is not its documented answer, so what it has is not known. Nothing was done; try again later.',
  }),
  upstream_down: fixed(
    503,
    'Upstream has been failing, so the gateway sends it nothing at the moment. Nothing was done; try again later.',
    RETRYABLE,
  ),
  gateway_busy: fixed(
    503,
    'So many requests wait for upstream that this one would not be served in time. Nothing was done; try again later.',
    RETRYABLE,
  ),
  deadline_exceeded: cases(
    504,
    {
      request: 'The time for this request is over and upstream could not be asked. Nothing was done.',
      operation: "The operation's time was over before this was sent. Nothing was done for its alarms.",
    },
    RETRYABLE,
  ),
} as const;
