/** Words that upstream uses in its lists (contract 2.3, 2.8, 2.9). Closed sets: it takes no others as filters. */

export const ASSET_VALUES = ['important', 'common', 'test'] as const;
export type AssetValue = (typeof ASSET_VALUES)[number];

export const ISOLATION_STATUSES = ['isolated', 'restored', 'isolating', 'restoring'] as const;
export type IsolationStatus = (typeof ISOLATION_STATUSES)[number];

export const INTERCEPT_STATUSES = ['intercepted', 'canceled', 'cancelling'] as const;
export type InterceptStatus = (typeof INTERCEPT_STATUSES)[number];

/** Services that an attacker tried to log in to. */
export const LOGIN_TYPES = ['mysql', 'rdp', 'ssh', 'vsftp'] as const;
export type LoginType = (typeof LOGIN_TYPES)[number];
