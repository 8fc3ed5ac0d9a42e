/** Codes of compat; each is filled in where its refusal is made from the catalogue. */
export const COMPAT_PROBLEMS = {} as const;
