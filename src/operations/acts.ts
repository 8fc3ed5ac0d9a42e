import type { ProjectConfig } from '../config/config.js';
import { parseExact } from '../domain/exact-json.js';
import type { OperationName } from '../domain/operation-name.js';
import type { Scope } from '../domain/scope.js';
import {
  callFor as callOf,
  operateBody as operateText,
  type ReadBack,
  type UpstreamCall,
  type WireEvent,
  type WireItem,
  type WireOperateBody,
} from '../upstream/index.js';

/** Temporary: these are what src/hss/calls.ts exports once it has landed. */
export interface CallBody<Wire = unknown> {
  readonly text: string;
  readonly wire: Wire;
}
export interface WireItemsBody {
  readonly data_list: readonly WireItem[];
  readonly [member: string]: unknown;
}
export type HssBody = CallBody<WireOperateBody | WireItemsBody>;
export interface HssAct {
  readonly operation: OperationName;
  readonly scope: Scope;
  readonly project: ProjectConfig;
  readonly body: HssBody;
}
export type ActCall = HssAct;
export function operateBody(wire: WireOperateBody): CallBody<WireOperateBody> {
  return { wire, text: operateText(wire) };
}
export function itemsBody(wire: WireItemsBody): CallBody<WireItemsBody> {
  return { wire, text: JSON.stringify(wire) };
}
export function recordedBody(text: string): HssBody {
  let wire: HssBody['wire'] | undefined;
  return {
    text,
    get wire() {
      return (wire ??= parseExact(text) as HssBody['wire']);
    },
  };
}
export function eventsOf({ wire }: HssBody): readonly WireEvent[] {
  return (wire as WireOperateBody).operate_event_list;
}
export function itemsOf({ wire }: HssBody): readonly WireItem[] {
  return (wire as WireItemsBody).data_list;
}
export function callFor(
  operation: OperationName,
  scope: Scope,
  project: ProjectConfig,
  body: HssBody,
): ActCall {
  return { operation, scope, project, body };
}
export function upstreamCallOf({ operation, scope, project, body }: HssAct): UpstreamCall {
  return callOf(operation, scope, project, body.text);
}
export function readBackOf({ operation, scope, project, body }: HssAct): ReadBack {
  return { operation, scope, project, body: body.text };
}
