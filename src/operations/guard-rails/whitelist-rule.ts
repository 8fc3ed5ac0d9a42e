import type { OrderedRule } from '../order.js';
import { placesOf } from './file-path.js';
import { loginRangeFault } from './login-range.js';
import { touches, type Place } from './place.js';
import type { GuardRails } from './rails.js';

/** A fragment with fewer letters and digits is in nearly everything that it is looked for in. */
const FEWEST = { onNamedHosts: 4, everywhere: 6 } as const;
/** Folders in which most files of some kind are: a fragment that is such a name hides all of them. */
const FOLDERS: ReadonlySet<string> = new Set([
  ...['appdata', 'documents', 'downloads', 'programdata', 'program files', 'program files (x86)', 'public'],
  ...['system32', 'syswow64', 'temp', 'users', 'windows'],
  ...['bin', 'dev', 'etc', 'home', 'lib', 'lib32', 'lib64', 'local', 'media', 'mnt', 'opt', 'proc', 'root'],
  ...['run', 'sbin', 'share', 'shm', 'srv', 'sys', 'tmp', 'usr', 'var'],
]);

/** Programs that run what they are given: whoever whitelists one of them whitelists whatever it runs. */
const INTERPRETERS: ReadonlySet<string> = new Set([
  ...['ash', 'bash', 'busybox', 'csh', 'curl', 'dash', 'java', 'ksh', 'lua', 'nc', 'node', 'perl', 'php'],
  ...['python', 'python2', 'python3', 'ruby', 'sh', 'socat', 'ssh', 'su', 'sudo', 'tcsh', 'wget', 'zsh'],
  ...['cmd', 'cscript', 'explorer', 'msbuild', 'mshta', 'msiexec', 'powershell', 'powershell_ise', 'pwsh'],
  ...['regsvr32', 'rundll32', 'svchost', 'wmic', 'wscript'],
]);

/** Whoever most processes run as. */
const SUPERUSERS: ReadonlySet<string> = new Set([
  'root',
  'admin',
  'administrator',
  'system',
  'local system',
  'local service',
  'network service',
]);

/** Why a rule of the alarm whitelist hides everything, or nearly; undefined for one that says what it is about. */
export function whitelistRuleFault(rule: OrderedRule, rails: GuardRails): string | undefined {
  const value = rule.fieldValue.trim();
  if (lettersIn(value) === 0) return UNSPECIFIC;
  if (rule.fieldKey === 'login_ip') return loginRangeFault(rule.fieldValue, rails.widestLogin);
  const fewest = isEverywhere(rule) ? FEWEST.everywhere : FEWEST.onNamedHosts;
  if (isFragment(rule) && lettersIn(value) < fewest) {
    return `must have ${fewest} letters and digits or more where it is a fragment`;
  }
  return LOOKS[rule.fieldKey]?.(rule, value, rails);
}

/** Why what an alarm is put on the whitelist by says nothing; undefined where it does. */
export function whitelistEntryFault(value: string): string | undefined {
  return lettersIn(value) === 0 ? UNSPECIFIC : undefined;
}

const UNSPECIFIC = 'has no letter or digit, so it may match everything';

type Look = (rule: OrderedRule, value: string, rails: GuardRails) => string | undefined;

const path: Look = (rule, value, rails) => folderFault(rule, value, rails) ?? programFault(rule, [value]);

/** By the field that a rule compares. */
const LOOKS: Readonly<Record<string, Look>> = {
  'file/process hash': (rule, value) =>
    isFragment(rule) && !/^[0-9a-f]{32,}$/i.test(value)
      ? 'must have 32 hexadecimal digits or more where it is a fragment'
      : undefined,
  file_path: path,
  process_path: path,
  process_cmdline: (rule, value, rails) =>
    folderFault(rule, value, rails) ?? programFault(rule, value.split(/\s+/)),
  reg_key: (rule, value) =>
    isFragment(rule) && namesIn(value).length <= 2 ? 'is most of the registry' : undefined,
  username: (rule, value) =>
    isEverywhere(rule) && SUPERUSERS.has(namesIn(value).at(-1) ?? '')
      ? 'is whom most processes run as, on all hosts'
      : undefined,
};

/** Of a fragment that is nothing but a usual folder, or a folder that holds a protected place. */
function folderFault(rule: OrderedRule, value: string, rails: GuardRails): string | undefined {
  const isUsual = namesIn(value).every((name) => FOLDERS.has(name) || /^[a-z]:$/.test(name));
  const isBroad =
    isUsual || (placesOf(value) ?? []).some((place) => rails.paths.some((other) => holds(place, other)));
  return isFragment(rule) && isBroad ? 'is a folder that most files are in' : undefined;
}

/** Whether one place is the other, or the other lies in it. */
function holds(place: Place, other: Place): boolean {
  return place.names.length <= other.names.length && touches(place, other);
}

/** Of a program that runs anything, on all hosts. @param words what is run, and with what */
function programFault(rule: OrderedRule, [program = '', ...more]: readonly string[]): string | undefined {
  const name = (namesIn(program).at(-1) ?? '').replace(/\.exe$/, '').replace(/(?<=\d)\.\d+$/, '');
  const runsAnything = INTERPRETERS.has(name) && more.every((word) => /^(?:-\S*|\/[a-z]{1,2})$/i.test(word));
  return isEverywhere(rule) && runsAnything ? 'is a program that runs anything, on all hosts' : undefined;
}

/** The names of a path or a key in lower case, whichever way its separators lean. */
function namesIn(value: string): string[] {
  return value
    .toLowerCase()
    .split(/[\\/]/)
    .filter((name) => name !== '' && name !== '.');
}

function lettersIn(value: string): number {
  return value.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

function isFragment({ judgeType }: OrderedRule): boolean {
  return judgeType !== 'equal';
}

/** `scope` means all hosts; rules that name none are older than those that can. */
function isEverywhere({ scope, agentIds = [], instanceIds = [] }: OrderedRule): boolean {
  return scope === true || (agentIds.length === 0 && instanceIds.length === 0);
}
