/** Codes of operations; each is filled in where its refusal is made from the catalogue. */
export const OPERATION_PROBLEMS = {} as const;
