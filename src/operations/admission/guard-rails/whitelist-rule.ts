import type { CommandWhitelistRule } from '../../operation-command.js';
import { loginRangeFault } from './login-range.js';
import { placesOf, touches, type Place } from './paths.js';
import type { GuardRails } from './rails.js';
import {
  endsRunner,
  folded,
  isPartOfFolders,
  isPartOfKeys,
  isPartOfRunner,
  isPartOfSuperuser,
  isSuperuser,
  lettersIn,
  runsAnything,
} from './common-names.js';

/** A fragment with fewer letters and digits is in nearly everything that it is looked for in. */
const FEWEST = { onNamedHosts: 4, everywhere: 6 } as const;
/** Why a rule of the alarm whitelist hides everything, or nearly; undefined for one that says what it is about. */
export function whitelistRuleFault(rule: CommandWhitelistRule, rails: GuardRails): string | undefined {
  const value = rule.fieldValue.trim();
  if (lettersIn(value) === 0) return UNSPECIFIC;
  if (rule.fieldKey === 'login_ip') return addressFault(rule, rails);
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

type Look = (rule: CommandWhitelistRule, value: string, rails: GuardRails) => string | undefined;

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
    folderFault(rule, value, rails) ?? programFault(rule, wordsIn(value)),
  reg_key: (rule, value) =>
    isFragment(rule) && isPartOfKeys(value) ? 'is most of the registry, or part of its name' : undefined,
  username: (rule, value) =>
    isEverywhere(rule) && (isFragment(rule) ? isPartOfSuperuser(value) : isSuperuser(value))
      ? 'is whom most processes run as, or part of the name, on all hosts'
      : undefined,
};

/** A part of an address is the start or the end of many others, and so is one whose zeros are left out. */
function addressFault(rule: CommandWhitelistRule, rails: GuardRails): string | undefined {
  const { fieldValue } = rule;
  const isWhole =
    /\.\d+(?:\/\d+)?$/.test(fieldValue) || /^(?:[\da-f]+:){7}[\da-f]+(?:\/\d+)?$/i.test(fieldValue);
  const fault = loginRangeFault(fieldValue, rails.widestLogin);
  if (fault !== undefined || isWhole || !isFragment(rule)) return fault;
  return 'must be an IPv4 address, or IPv6 with all eight groups, where it is a fragment';
}

/** Of a fragment that is nothing but usual folders, or a folder that holds a protected place, or a part of either. */
function folderFault(rule: CommandWhitelistRule, value: string, { paths }: GuardRails): string | undefined {
  if (!isFragment(rule)) return undefined;
  const isBroad =
    isPartOfFolders(value) ||
    paths.some((other) => pathOf(other).includes(folded(value))) ||
    (placesOf(value) ?? []).some((place) => paths.some((other) => holds(place, other)));
  return isBroad ? 'is a folder that most files are in, or part of its name' : undefined;
}

function pathOf({ root, names }: Place): string {
  return folded(`${root === '/' ? '' : `${root}:`}/${names.join('/')}`);
}

/** Whether one place is the other, or the other lies in it. */
function holds(place: Place, other: Place): boolean {
  return place.names.length <= other.names.length && touches(place, other);
}

/** Of a program that runs anything, on all hosts. @param words what is run, and with what */
function programFault(
  rule: CommandWhitelistRule,
  [program = '', ...more]: readonly string[],
): string | undefined {
  if (!isEverywhere(rule)) return undefined;
  const isBroad = isFragment(rule)
    ? isRunnerCutOff(program, more.length === 0) && sum(more.map(specificLetters)) < FEWEST.everywhere
    : runsAnything(program) && more.every((word) => OPTION.test(word) || runsAnything(word));
  return isBroad ? 'is a program that runs anything, or part of its name, on all hosts' : undefined;
}

/** @param isAll whether nothing follows it, so that it may be cut off at both ends */
function isRunnerCutOff(program: string, isAll: boolean): boolean {
  if (runsAnything(program)) return true;
  return isAll ? isPartOfRunner(program) : endsRunner(program);
}

const OPTION = /^(?:-\S*|\/[a-z]{1,2}|\d+[smhd]?)$/i;

/** How specific a word is of what is run: options, programs that run others, folders and schemes are not at all. */
function specificLetters(word: string): number {
  if (OPTION.test(word) || runsAnything(word) || isPartOfFolders(word)) return 0;
  return lettersIn(word.replace(/^(?:https?|ftps?|file)(?::|$)/i, ''));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A program, whose path may have blanks in it, and what it is given. */
function wordsIn(commandLine: string): string[] {
  const [, quoted, named, rest] = /^(?:"([^"]+)"|(.+?\.exe)(?=\s|$))(.*)$/is.exec(commandLine) ?? [];
  const program = quoted ?? named;
  const words = (program === undefined ? commandLine : (rest ?? '')).split(/\s+/);
  return [
    ...(program === undefined ? [] : [program]),
    ...words.map((word) => word.replace(/["']/g, '')),
  ].filter((word) => word !== '');
}

function isFragment({ judgeType }: CommandWhitelistRule): boolean {
  return judgeType !== 'equal';
}

/** `scope` means all hosts; rules that name none are older than those that can. */
function isEverywhere({ scope, agentIds = [], instanceIds = [] }: CommandWhitelistRule): boolean {
  return scope === true || (agentIds.length === 0 && instanceIds.length === 0);
}
