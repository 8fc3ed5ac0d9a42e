/** A control request that makes no sense: 400 with the reasons, and nothing changes. */
export class BadControlRequest extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
  }
}

export function refuseProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new BadControlRequest(problems);
}
