import type { AlarmFacts } from '../domain/grants.js';
import type { Listed } from './listed-value.js';
import type { ListQueryDto } from './list-query.dto.js';
import type { UpstreamList } from '../hss/index.js';

/** One of upstream's lists as the API shows it. */
export interface ListedResource<Item, Query extends ListQueryDto> {
  readonly list: UpstreamList;
  readonly query: new () => Query;
  /** A valid query as upstream spells it. @param now epoch milliseconds of the first page */
  readonly filters: (
    query: Query,
    now: number,
  ) => readonly (readonly [name: string, value: string | undefined])[];
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
