const WIRE_NAMES: Readonly<Record<string, string>> = {
  alarms: 'operate_event_list',
  details: 'operate_detail_list',
  operation: 'operate_type',
  remark: 'handler',
  whitelistRules: 'event_white_rule_list',
};

/** `filePath` -> `file_path`, `alarms` -> `operate_event_list`; upstream's own spelling stays. */
export function wireName(name: string): string {
  return WIRE_NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `/alarms/0/details/1/filePath` -> `operate_event_list[0].operate_detail_list[1].file_path`. */
export function wirePlace(pointer: string): string {
  const parts = pointer.split('/').slice(1);
  return parts
    .map((part) =>
      /^\d+$/.test(part) ? `[${part}]` : `.${wireName(part.replaceAll('~1', '/').replaceAll('~0', '~'))}`,
    )
    .join('')
    .replace(/^\./, '');
}
