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
