const WIRE_NAMES: ReadonlyMap<string, string> = new Map([
  ['alarms', 'operate_event_list'],
  ['details', 'operate_detail_list'],
  ['operation', 'operate_type'],
  ['remark', 'handler'],
  ['whitelistRules', 'event_white_rule_list'],
]);

/** `filePath` -> `file_path`, `alarms` -> `operate_event_list`; upstream's own spelling stays. */
export function wireName(name: string): string {
  return WIRE_NAMES.get(name) ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * `/a/0/b/1/c` -> `a[0].b[1].c`.
 *
 * @param nameOf how a member is called that the pointer calls otherwise
 */
export function wirePlace(pointer: string, nameOf = (name: string): string => name): string {
  const parts = pointer.split('/').slice(1);
  return parts
    .map((part) =>
      /^\d+$/.test(part) ? `[${part}]` : `.${nameOf(part.replaceAll('~1', '/').replaceAll('~0', '~'))}`,
    )
    .join('')
    .replace(/^\./, '');
}
