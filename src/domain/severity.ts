/** Threat levels, from the lowest to the highest, spelled as upstream spells them (contract 2.1). */
export const SEVERITIES = ['Security', 'Low', 'Medium', 'High', 'Critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
