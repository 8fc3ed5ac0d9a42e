import { fieldsOf, isPlainObject, type DtoClass } from '../validation/fields.js';

/**
 * Members that upstream's listings have and its requests have not (contract 2.1, 2.5 to 2.9). Clients send back what was listed, so they
 * are known, and left out of what is sent.
 */
export interface ListedMembers {
  readonly drop: ReadonlySet<string>;
  /** Of the objects in a list within it. */
  readonly within?: Readonly<Record<string, ListedMembers>>;
  /** A listing writes what it has no value of as null or as an empty text. */
  readonly emptyIsAbsent?: true;
}

const names = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

const DETAIL: ListedMembers = { drop: names('is_parent'), emptyIsAbsent: true };

const EVENT: ListedMembers = {
  drop: names(
    `event_name severity container_name image_name host_name host_id private_ip public_ip os_type host_status agent_status protect_status
    asset_value attack_phase attack_tag handle_time handle_status handle_method handler operate_accept_list forensic_info resource_info
    geo_info malware_info network_info app_info system_info extend_info recommendation description event_abstract process_info_list
    user_info_list file_info_list event_details tag_list event_count operate_type memo att_ck confidence cluster_id
    cluster_info registry_info_list recent_time`,
  ),
  within: { operate_detail_list: DETAIL },
  emptyIsAbsent: true,
};

export const LISTED_EVENTS: ListedMembers = { drop: new Set(), within: { operate_event_list: EVENT } };

/** Of the rows of every list that can be changed. */
export const LISTED_ROWS: ListedMembers = {
  drop: new Set(),
  within: {
    data_list: {
      drop: names(
        `enterprise_project_name update_time remarks host_name os_type isolation_status private_ip public_ip asset_value
        agent_version isolate_source event_name agent_event_info antivirus_result_info intercept_num intercept_status block_time latest_time`,
      ),
      emptyIsAbsent: true,
    },
  },
};

/**
 * A value without them, and without what is empty where that says nothing; the value itself where it has none, and never changed.
 *
 * @param type the class of the request: what it declares is kept
 */
export function withoutListed(
  value: unknown,
  { drop, within = {}, emptyIsAbsent }: ListedMembers,
  type: DtoClass,
): unknown {
  if (!isPlainObject(value)) return value;
  const fields = fieldsOf(type);
  let isSame = true;
  const left: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const field = fields.get(name);
    const isEmpty = item === null || (item === '' && field?.test(item) === false);
    if (field ? emptyIsAbsent && field.optional && isEmpty : drop.has(name)) isSame = false;
    else {
      const [inner, nested] = [within[name], field?.nested?.()];
      const kept = inner && nested ? eachWithout(item, inner, nested) : item;
      isSame &&= kept === item;
      left.push([name, kept]);
    }
  }
  return isSame ? value : Object.fromEntries(left);
}

function eachWithout(items: unknown, listed: ListedMembers, type: DtoClass): unknown {
  if (!Array.isArray(items)) return items;
  const all = items as unknown[];
  const left = all.map((item) => withoutListed(item, listed, type));
  return left.every((item, index) => item === all[index]) ? items : left;
}
