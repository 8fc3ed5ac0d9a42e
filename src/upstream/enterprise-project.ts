export {
  ALL_GRANTED,
  allowsEnterpriseProject as coversEnterpriseProject,
  ENTERPRISE_PROJECT,
} from '../domain/enterprise-project.js';

/**
 * The enterprise project an operation acts in: the caller's wish, else the project's default. In lower case, as upstream issues
 * ids and as grants are read: they are compared by character.
 */
export function enterpriseProjectOf(wish: string | undefined, projectDefault: string): string {
  return (wish ?? projectDefault).toLowerCase();
}
