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
