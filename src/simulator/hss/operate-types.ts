/** Which operate types exist and which an event class supports: a reading of contract 1.6 of its own. */

interface OperateType {
  readonly inverse: string;
  /** The five forward types put an alarm into a state, the other five take it out again. */
  readonly forward: boolean;
}

export const OPERATE_TYPES: ReadonlyMap<string, OperateType> = new Map(
  [
    ['mark_as_handled', 'unhandle'],
    ['ignore', 'do_not_ignore'],
    ['add_to_alarm_whitelist', 'remove_from_alarm_whitelist'],
    ['add_to_login_whitelist', 'remove_from_login_whitelist'],
    ['isolate_and_kill', 'do_not_isolate_or_kill'],
  ].flatMap(([forward = '', inverse = '']): [string, OperateType][] => [
    [forward, { inverse, forward: true }],
    [inverse, { inverse: forward, forward: false }],
  ]),
);

const PLAIN = ['mark_as_handled', 'ignore'];
const PROCESS = [...PLAIN, 'add_to_alarm_whitelist'];
const FILE = [...PROCESS, 'isolate_and_kill'];
const LOGIN = [...PLAIN, 'add_to_login_whitelist'];

const ofFamilies = (supported: readonly string[], ...names: readonly string[]) =>
  names.map((name) => [name, supported] as const);

/** By the part of the class before its underscore. The real table is not published (contract 1.6). */
const SUPPORTED_BY_FAMILY = new Map([
  ...ofFamilies(FILE, 'av', 'malware', 'rootkit', 'ransomware', 'blockexec', 'webshell', 'network'),
  ...ofFamilies(PROCESS, 'procdet', 'procreport', 'fileless', 'fileprotect', 'crontab', 'hips'),
  ...ofFamilies(PROCESS, 'containerescape', 'dockerfile', 'dockerproc'),
  ...ofFamilies(LOGIN, 'login'),
]);

/** Classes that differ from their family; a plain login is the official example's event that only takes `ignore`. */
const SUPPORTED_BY_CLASS: Readonly<Record<string, readonly string[]>> = {
  login_1001: ['ignore'],
  login_1003: PLAIN,
};

/** The forward types that alarms of a class support; their inverses go with them. */
export function supportedTypes(eventClassId: string): readonly string[] {
  const family = eventClassId.split('_')[0] ?? '';
  return SUPPORTED_BY_CLASS[eventClassId] ?? SUPPORTED_BY_FAMILY.get(family) ?? PLAIN;
}

export function isSupported(eventClassId: string, operateType: string): boolean {
  const type = OPERATE_TYPES.get(operateType);
  return (
    type !== undefined && supportedTypes(eventClassId).includes(type.forward ? operateType : type.inverse)
  );
}

/** Isolation is a task for the agent on the host, in both directions. */
export function needsAgent(operateType: string): boolean {
  return operateType === 'isolate_and_kill' || operateType === 'do_not_isolate_or_kill';
}
