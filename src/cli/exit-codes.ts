/** What a command of `hss-gateway` ends with: it is done, the answer is no, or it could not be done. */
export const EXIT = { done: 0, no: 1, impossible: 2 } as const;

export const EXIT_HELP = `
Exit code: 0 when it is done, 2 when it could not be done.`;
