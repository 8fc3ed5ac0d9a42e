/** By the name that controllers go under; each one's routes stand together. */
export const TAGS: Readonly<Record<string, string>> = {
  Operations: 'Handle alarms, and read the receipts back.',
  Plans: 'Decide on an exact list of alarms first, and act on just that.',
  Progress: 'Follow operations that go on in the background, and stop them.',
  Alarms: 'Find alarms, and see what each takes.',
  Items: 'Remove, restore, delete and unblock what stands in the lists; receipts are those of operations.',
  Lists: 'What upstream keeps because of alarms: handlings, whitelists, isolated files, blocked addresses.',
  Catalog: 'The words that requests and answers are made of.',
  Expirations: 'What was done for a time, and when it is taken back.',
  Me: 'Who you are to the gateway, and what you may do.',
  Brakes: 'Callers whose destructive operations and whitelisting wait until somebody resumes them.',
  Hss: 'Upstream’s own contract, for apps that were written for it.',
  Health: 'For probes. No key is needed.',
  Metrics: 'For Prometheus. No key is needed.',
};

/** The document's own description, in CommonMark. */
export const DESCRIPTION = `
Handles the alarms of Huawei Cloud HSS (Host Security Service) for internal apps. The gateway holds the cloud's credentials,
limits every caller to what it was granted, writes every act down before it is done, and says truthfully what became of it.

To try it here: press **Authorize**, give your key, open a route and press **Execute**. Against a gateway in demo mode nothing
real is touched.

<details><summary>Words</summary>

| Word | Means |
|---|---|
| alarm | one HSS alarm event, known by its event id |
| operation | one accepted request to handle one or more alarms, or items of a list; it has an id, a status and a receipt |
| operation type | one of upstream's ten \`operate_type\` values, spelled as upstream spells them |
| caller | an internal app that has proved who it is |
| grant | what a caller may do: operation types, in projects, in enterprise projects |
| scope | where an operation acts: project (a region and a project id), enterprise project, container |
| upstream | Huawei Cloud: HSS and IAM |
| attempt | one HTTP exchange with upstream |
| intent, outcome | what is written down before the first byte goes upstream, and when the result is known |

</details>

<details><summary>What became of an alarm</summary>

| Outcome | Means |
|---|---|
| \`applied\` | upstream took it |
| \`already\` | it was so before |
| \`rejected\` | upstream said no |
| \`not_attempted\` | it never left the gateway |
| \`unknown\` | bytes were sent and no answer came |
| \`pending\` | its part has not been sent yet, or is under way |

</details>

### Errors

Every answer that is not a success is a problem document (RFC 9457) with a stable \`code\`, a \`detail\` that a person can act
on, the \`requestId\`, and whether the same request is \`retryable\`. A bad request is told everything that is wrong with it
at once, in \`violations\`. A problem with an \`operationId\` belongs to an operation that was accepted: its receipt can be read.

What reaches no route is answered likewise: 404 \`no_such_route\`, and for what is no proper HTTP 400 \`malformed_http\`, 408
\`request_timeout\` or 431 \`headers_too_large\`.

### Fields

Unknown fields and query parameters are refused by name. No text may hold control characters. Whole numbers are exact up to
the largest that upstream takes: none is ever rounded.
`.trim();
