/** Codes of admission; each is filled in where its refusal is made from the catalogue. */
export const ADMISSION_PROBLEMS = {} as const;
