import { fixed, withFacts } from './problem.js';

/** Codes that only upstream's own routes answer with. */
export const COMPAT_PROBLEMS = {
  call_not_offered: withFacts({
    status: 403,
    detail: ({ name, instead }: { readonly name: string; readonly instead?: string }) =>
      `The gateway does not offer ${name}.${instead === undefined ? '' : ` Instead, ${instead}.`} Nothing was done.`,
    example: { name: 'ListEventForensic' },
  }),
  filter_not_granted: withFacts({
    status: 403,
    detail: ({ caller, operation }: { readonly caller: string; readonly operation: string }) =>
      `This acts on whatever there is when upstream carries it out, which nobody has looked at, so it takes a grant that names ${operation}; caller ${caller} has none. Instead, list what is meant and name it, or make a plan of it (POST /v1/plans), look at the plan and apply it. Nothing was done.`,
    example: { caller: 'soc-portal', operation: 'handle_by_event_type' },
  }),
  counts_not_granted: withFacts({
    status: 403,
    detail: ({ caller }: { readonly caller: string }) =>
      `This does not say of which event types and severities it is, and caller ${caller} may read only some. What lists alarms can be read instead.`,
    example: { caller: 'soc-portal' },
  }),
  enterprise_project_needed: withFacts({
    status: 400,
    detail: ({ granted }: { readonly granted: readonly string[] }) =>
      `You are granted several enterprise projects, and what upstream says of each cannot be put together. Name one as enterprise_project_id: ${granted.join(', ')}.`,
    example: { granted: ['0', '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55'] },
  }),
  narrowed_too_long: withFacts({
    status: 400,
    detail: ({ rows }: { readonly rows: number }) =>
      `You may see only a part of this list, which the gateway has to read as a whole, and it is longer than ${rows} rows. Narrow the filter, or name one enterprise project (enterprise_project_id).`,
    example: { rows: 5_000 },
  }),
  token_scope_unknown: fixed(
    404,
    'The token is asked for a project that you are not granted, or that is not here.',
  ),
} as const;
