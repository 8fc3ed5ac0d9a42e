const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [camel(key), camelKeys(item)]));
}

const NAMES: Readonly<Record<string, string>> = {
  operateType: 'operation',
  handler: 'remark',
  operateEventList: 'alarms',
  eventWhiteRuleList: 'whitelistRules',
};

/** One of the contract's upstream bodies as the internal request that must produce it. */
export function requestFromPayload(query: string, body: string): Record<string, unknown> {
  const parameters = new URLSearchParams(query);
  const wire = camelKeys(JSON.parse(body)) as Record<string, unknown>;
  const request = Object.fromEntries(Object.entries(wire).map(([key, value]) => [NAMES[key] ?? key, value]));
  request['alarms'] = (request['alarms'] as Record<string, unknown>[]).map(
    ({ operateDetailList, ...alarm }) => ({
      ...alarm,
      details: operateDetailList,
    }),
  );
  const scope = {
    enterpriseProjectId: parameters.get('enterprise_project_id'),
    containerId: parameters.get('container_id'),
    containerName: parameters.get('container_name'),
  };
  request['scope'] = Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== null));
  return request;
}
