/** Codes of audit; each is filled in where its refusal is made from the catalogue. */
export const AUDIT_PROBLEMS = {} as const;
