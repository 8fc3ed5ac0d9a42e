import type { FamilyCall, IamCall, QueryParameter } from '../compat/calls.js';
import type { CompatProse } from './compat-prose.js';
import type { Parameter } from './prose.js';
import type { UpstreamContract, UpstreamParameter } from './upstream-contract.js';

/** Of every call of the family, in the gateway's words. */
const ENTERPRISE_PROJECT_ID = 'enterprise_project_id';

/**
 * The query of a call: which parameters there are says the table, what each is says upstream's contract.
 *
 * @throws Error where the two disagree
 */
export function queryParametersOf(
  { name, query }: FamilyCall | IamCall,
  upstreams: readonly UpstreamParameter[],
  contract: UpstreamContract,
  prose: CompatProse,
): Parameter[] {
  const theirs = upstreams.filter((parameter) => parameter.name !== ENTERPRISE_PROJECT_ID);
  const more = Object.entries(prose.calls[name]?.parameters ?? {}).map(
    ([own, { description, schema }]): UpstreamParameter => ({ name: own, in: 'query', description, schema }),
  );
  for (const own of more) {
    if (theirs.some((each) => each.name === own.name))
      throw new Error(`${name}: hss.yaml has ${own.name}, so compat.yaml need not`);
  }
  const all = [...theirs, ...more];
  const unknown = all.find((each) => !query.some((listed) => listed.name === each.name));
  if (unknown) throw new Error(`${name}: ${unknown.name} is not in the table of calls`);
  return query.map((listed) => {
    const found = all.find((each) => each.name === listed.name);
    if (!found) throw new Error(`${name}: hss.yaml has no parameter ${listed.name}`);
    const [table, document] = [wordsOf(listed), wordsOf(contract.asListed(found))];
    if (table !== document)
      throw new Error(`${name}: ${listed.name} is ${table} in the table of calls, and ${document} elsewhere`);
    return shown(listed, found, prose);
  });
}

function wordsOf({ kind, required, list }: QueryParameter): string {
  return [required ? 'required' : 'optional', ...(list ? ['repeated'] : []), kind].join(', ');
}

function shown(
  { name, kind, required, list }: QueryParameter,
  { description, schema }: UpstreamParameter,
  { parameterExamples }: CompatProse,
): Parameter {
  const example = parameterExamples[name];
  if (example === undefined) throw new Error(`compat.yaml has no example of ${name}`);
  const value = kind === 'whole' ? Number(example) : kind === 'flag' ? example === 'true' : example;
  return {
    name,
    in: 'query',
    description: sentence(description),
    ...(required && { required }),
    // An example only: Swagger UI would fill in what stands under `example` at once.
    schema: { ...schema, examples: [list ? [value] : value] } as object,
  };
}

function sentence(text: string): string {
  const words = text.trim().replace(/\s+/g, ' ');
  return words.endsWith('.') ? words : `${words}.`;
}
