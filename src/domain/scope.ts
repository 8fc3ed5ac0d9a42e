/** Where an operation acts. */
export interface Scope {
  /** The project's name in the gateway. */
  readonly project: string;
  readonly region: string;
  /** IAM project id. */
  readonly projectId: string;
  /** `0`, a UUID, or `all_granted_eps`. */
  readonly enterpriseProjectId: string;
  readonly containerId?: string;
  readonly containerName?: string;
}

/** Every enterprise project the account may see: only for callers granted exactly that. */
export const ALL_GRANTED = 'all_granted_eps';

/** What upstream documents: the default project, a UUID, or the literal (contract 7). */
export const ENTERPRISE_PROJECT =
  /^(?:0|all_granted_eps|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/;

/** Whether a grant's list covers an enterprise project: `*` is any single one, never all of them at once. */
export function allowsEnterpriseProject(granted: readonly string[], enterpriseProjectId: string): boolean {
  if (granted.includes(enterpriseProjectId)) return true;
  return enterpriseProjectId !== ALL_GRANTED && granted.includes('*');
}

/** Whether a denial's list touches an enterprise project: all of them at once include each one that is denied. */
export function touchesEnterpriseProject(denied: readonly string[], enterpriseProjectId: string): boolean {
  return denied.includes('*') || denied.includes(enterpriseProjectId) || enterpriseProjectId === ALL_GRANTED;
}
