/** Codes of upstream; each is filled in where its refusal is made from the catalogue. */
export const UPSTREAM_PROBLEMS = {} as const;
