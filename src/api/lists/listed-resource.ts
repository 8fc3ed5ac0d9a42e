import type { AlarmFacts } from '../../domain/grants.js';
import type { Listed } from '../../lists/listed-value.js';
import type { ListQueryDto } from '../../lists/list-query.dto.js';
import type { UpstreamList } from '../../upstream/index.js';

/** One of upstream's lists as the API shows it. */
export interface ListedResource<Item, Query extends ListQueryDto> {
  readonly list: UpstreamList;
  readonly query: new () => Query;
  /** What is wrong between the parameters of a query whose every one is right. */
  readonly violations?: (query: Query) => { parameter: string; rule: string; message: string }[];
  /** A valid query as upstream spells it. */
  readonly filters: (query: Query) => readonly (readonly [name: string, value: string | undefined])[];
  /** One line, field by field. */
  readonly item: (line: Listed) => Item;
  /** What a caller's grants may be limited by, of one line. */
  readonly facts: (line: Listed) => AlarmFacts;
}

/** A page of items, whatever they are. */
export interface ItemPage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
  readonly windowMoved?: true;
}
