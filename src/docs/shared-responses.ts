import type { OpenAPIObject } from '@nestjs/swagger';

import { TITLES } from '../problems/problem.js';

type Responses = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * Writes answers that several operations give alike once, among the components, and refers to them: told anew by every route that
 * reads upstream, the same refusals would be most of the document.
 */
export function shareResponses({ paths, components = {} }: OpenAPIObject): void {
  const shared = components.responses ?? {};
  const operations = Object.values(paths).flatMap((item) => METHODS.flatMap((method) => item[method] ?? []));
  for (const [text, { status, users }] of alike(operations)) {
    if (users.length < 2) continue;
    const name = freeName(status, shared);
    shared[name] = JSON.parse(text) as Responses[string];
    for (const { responses } of users) responses[status] = { $ref: `#/components/responses/${name}` };
  }
  components.responses = shared;
}

/** Operations by the text of an answer that they give. */
function alike(operations: readonly Operation[]): Map<string, { status: string; users: Operation[] }> {
  const found = new Map<string, { status: string; users: Operation[] }>();
  for (const operation of operations) {
    for (const [status, response] of Object.entries(operation.responses)) {
      if (!response || '$ref' in response || Number(status) < 400) continue;
      const text = JSON.stringify(response);
      const same = found.get(text) ?? { status, users: [] };
      same.users.push(operation);
      found.set(text, same);
    }
  }
  return found;
}

/** Called by its status, the first of each alone and the others numbered. */
function freeName(status: string, taken: Responses): string {
  const title = (TITLES[Number(status)] ?? 'Error').replaceAll(' ', '');
  let name = title;
  for (let count = 2; name in taken; count += 1) name = `${title}${count}`;
  return name;
}
