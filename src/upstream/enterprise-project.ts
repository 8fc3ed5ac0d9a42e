/** Every enterprise project the account may see: only for callers granted exactly that. */
export const ALL_GRANTED = 'all_granted_eps';

/** What upstream documents: the default project, a UUID, or the literal (contract 7). */
export const ENTERPRISE_PROJECT =
  /^(?:0|all_granted_eps|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/;

/**
 * The enterprise project an operation acts in: the caller's wish, else the project's default. In lower case, as upstream issues
 * ids and as grants are read: they are compared by character.
 */
export function enterpriseProjectOf(wish: string | undefined, projectDefault: string): string {
  return (wish ?? projectDefault).toLowerCase();
}

/** Whether a grant's list covers an enterprise project: `*` is any single one, never all of them at once. */
export function coversEnterpriseProject(granted: readonly string[], enterpriseProjectId: string): boolean {
  if (granted.includes(enterpriseProjectId)) return true;
  return enterpriseProjectId !== ALL_GRANTED && granted.includes('*');
}
