import { ExactDocuments } from '../domain/exact-json.js';
import { isPlainObject } from '../validation/fields.js';

/**
 * Members of upstream's answers that may hold a secret (contract 2.1): passwords, what was typed on a command line, what a file or a
 * packet holds, and facts without a form of their own. They are left out of what is passed on, at any depth.
 */
export const SECRET_MEMBERS = [
  'pwd_hash',
  'pwd_with_fuzzing',
  'process_cmdline',
  'parent_process_cmdline',
  'child_process_cmdline',
  'ancestor_process_cmdline',
  'virt_cmd',
  'escape_cmd',
  'file_content',
  'forensic_info',
  'network_info',
  'app_info',
  'system_info',
  'geo_info',
  'malware_info',
  'registry_info_list',
  'cluster_info',
  'extend_info',
  'event_details',
] as const;

const SECRET: ReadonlySet<string> = new Set(SECRET_MEMBERS);
/** A name that is written with an escape could be one of them. */
const SUSPICIOUS = new RegExp(`"(?:${SECRET_MEMBERS.join('|')})"|\\\\u`);

/**
 * An answer of upstream's without them. What has none is passed on to the byte.
 *
 * @throws SyntaxError, JsonBeyondBounds for what cannot be read
 */
export function withoutSecrets(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  const documents = new ExactDocuments();
  const document = documents.parse(text);
  return removeSecrets(document) ? documents.write(document) : text;
}

/** Removes them from a parsed value. @returns whether there were any */
export function removeSecrets(value: unknown): boolean {
  if (Array.isArray(value)) return (value as unknown[]).map(removeSecrets).includes(true);
  if (!isPlainObject(value)) return false;
  let found = false;
  for (const [name, item] of Object.entries(value)) {
    if (!SECRET.has(name)) found = removeSecrets(item) || found;
    else {
      delete value[name];
      found = true;
    }
  }
  return found;
}
