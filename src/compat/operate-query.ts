import { ENTERPRISE_PROJECT } from '../domain/enterprise-project.js';
import { queryPairs } from '../http/identity/signatures.js';
import type { RequestedScope } from '../http/access.js';
import { invalidRequest } from '../problems/problem.js';
import { isText } from '../http/validation/fields.js';
import type { Violation } from '../problems/violation.js';

const PARAMETERS = ['enterprise_project_id', 'container_id', 'container_name'] as const;
type Parameter = (typeof PARAMETERS)[number];

/** Where an operate call acts, by its query (contract 1.1). @throws Problem 400 */
export function requestedScopeOf(url: string): RequestedScope {
  const given = new Map<Parameter, string>();
  const violations: Violation[] = [];
  for (const [name, value] of pairsOf(url)) {
    const known = PARAMETERS.find((parameter) => parameter === name);
    const rule = known === undefined ? 'unknown_field' : given.has(known) ? 'distinct' : undefined;
    if (rule !== undefined) {
      const message = rule === 'distinct' ? 'must be given once' : 'is not a parameter of this call';
      violations.push({ parameter: name.slice(0, 64), rule, message });
    } else if (known !== undefined) {
      if (!isAllowed(known, value)) {
        violations.push({ parameter: known, rule: 'form', message: `must be ${FORMS[known]}` });
      }
      given.set(known, value);
    }
  }
  if (violations.length > 0) throw invalidRequest(violations);
  // An empty value is legal in some of upstream's documents, and says nothing.
  const valueOf = (name: Parameter) => given.get(name) || undefined;
  const [enterpriseProjectId, containerId, containerName] = PARAMETERS.map(valueOf);
  return {
    ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
    ...(containerId !== undefined && { containerId }),
    ...(containerName !== undefined && { containerName }),
  };
}

const FORMS: Readonly<Record<Parameter, string>> = {
  enterprise_project_id: '0, a UUID, or all_granted_eps',
  container_id: 'a text of at most 1024 characters without control characters',
  container_name: 'a text of at most 1024 characters without control characters',
};

function isAllowed(name: Parameter, value: string): boolean {
  if (value === '') return true;
  return name === 'enterprise_project_id' ? ENTERPRISE_PROJECT.test(value) : isText(value, 1, 1_024);
}

function pairsOf(url: string): ReturnType<typeof queryPairs> {
  try {
    return queryPairs(url);
  } catch {
    throw invalidRequest([{ parameter: '', rule: 'form', message: 'the query is not validly encoded' }]);
  }
}
