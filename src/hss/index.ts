export {
  callFor,
  eventsOf,
  familyRead,
  inChunks,
  callBody,
  itemsOf,
  mayBePartial,
  readEvents,
  recordedBody,
  trimmedCall,
  type ActCall,
  type HssAct,
  type HssBody,
  type HssPlace,
  type WireFilterBody,
} from './calls.js';
export {
  documentedFaults,
  documentedReadFaults,
  faultOfItems,
  faultOfRead,
  UNREADABLE_READ,
} from './error-table.js';
export { eventIdOf, listAlarms, parseAlarms, type AlarmFilter, type RowsWanted } from './event-listing.js';
export { searchAlarms, type AlarmReference, type Found } from './event-search.js';
export {
  exactTime,
  list,
  listingIn,
  listingOf,
  object,
  oneOf,
  PAGE_ROWS,
  pageAt,
  present,
  restAfter,
  text,
  time,
  whole,
  type ListedRow,
  type Listing,
  type Page,
  type PageMark,
  type Rest,
} from './listing.js';
// All of it: another list of upstream's needs no line here.
export * from './lists.js';
export { observedStates, type ObservedAlarm, type ObservedState } from './observed-state.js';
export { predictOutcomes, type Prediction } from './predict-outcome.js';
export type { WireDetail, WireEvent, WireOperateBody, WireRule } from './wire.js';
