import { OPERATION_TYPE_NAMES, type OperationType } from '../domain/operation-type.js';
import type { Grant } from '../domain/caller.js';
import type { CallerConfig, KeyConfig } from './config.js';
import { EXPIRY_FORMS, parseExpiry } from './expiry.js';
import type { Field } from './field.js';
import { CALLER_ID, ENTERPRISE_PROJECT_ID, SHA256 } from './formats.js';

const OPERATIONS = ['*', ...OPERATION_TYPE_NAMES] as const;

/** Digests that a slip of the shell makes: of nothing, and of a lone line break. Anyone could present those keys. */
const EMPTY_KEYS: readonly string[] = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b',
];

/** Reads the callers; `projects` are the names that a grant may give. */
export function readCallers(callers: Field, projects: readonly string[]): CallerConfig[] {
  const ids = new Set<string>();
  const digests = new Set<string>();
  return callers.list('caller').map((entry) => {
    const fields = entry.object('id', 'keys', 'grants');
    const id = fields.id.text(CALLER_ID);
    noteRepeated(fields.id, id, ids, 'repeats the id of another caller: rename one');
    return {
      id,
      keys: fields.keys.list('key').map((key) => readKey(key, digests)),
      grants: fields.grants.list('grant').map((grant) => readGrant(grant, projects)),
    };
  });
}

function readKey(entry: Field, digests: Set<string>): KeyConfig {
  const fields = entry.object('sha256', 'expiresAt');
  const sha256 = fields.sha256.text(SHA256).toLowerCase();
  if (EMPTY_KEYS.includes(sha256)) fields.sha256.note('is the digest of an empty key: digest the key itself');
  // A key that two callers share would leave it open who is asking.
  noteRepeated(fields.sha256, sha256, digests, 'repeats another key: give every caller keys of its own');
  if (!fields.expiresAt.given) return { sha256 };
  const expiresAt = parseExpiry(fields.expiresAt.raw);
  if (expiresAt === undefined) fields.expiresAt.note(`must be ${EXPIRY_FORMS}`);
  return { sha256, expiresAt: expiresAt ?? 0 };
}

function readGrant(entry: Field, projects: readonly string[]): Grant {
  const fields = entry.object('operations', 'projects', 'enterpriseProjects');
  return {
    operations: fields.operations.list('operation type, or "*"').map(readOperation),
    projects: fields.projects.list('project name, or "*"').map((name) => readProjectName(name, projects)),
    enterpriseProjects: fields.enterpriseProjects
      .list('enterprise project id, or "*"')
      .map(readEnterpriseProject),
  };
}

function readOperation(entry: Field): OperationType | '*' {
  return entry.oneOf<OperationType | '*'>(OPERATIONS);
}

function readProjectName(entry: Field, projects: readonly string[]): string {
  if (entry.raw === '*') return '*';
  const found = projects.find((name) => name === entry.raw);
  if (found !== undefined) return found;
  entry.note('must be "*" or the name of a configured project');
  return '';
}

function readEnterpriseProject(entry: Field): string {
  if (entry.raw === '*') return '*';
  const { pattern, allowed } = ENTERPRISE_PROJECT_ID;
  return entry.text({ pattern, allowed: `"*", ${allowed}` }).toLowerCase();
}

function noteRepeated(field: Field, value: string, seen: Set<string>, problem: string): void {
  if (value !== '' && seen.has(value)) field.note(problem);
  seen.add(value);
}
