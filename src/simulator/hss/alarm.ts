import type { WireDetail } from '../../hss/wire.js';

export type AgentState = 'online' | 'offline' | 'not_installed';
export type Severity = 'Security' | 'Low' | 'Medium' | 'High' | 'Critical';

export interface Host {
  readonly id: string;
  readonly name: string;
  readonly privateIp: string;
  /** Empty where the host has none: the list shows the empty string. */
  readonly publicIp: string;
  readonly os: 'Linux' | 'Windows';
  readonly agentId: string;
  readonly assetValue: 'important' | 'common' | 'test';
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
}

/** A detail object as the list shows it (contract 2.1): no container fields, but `is_parent`. */
export type ListedDetail = Omit<WireDetail, 'container_id' | 'container_name'> & { is_parent?: boolean };

/** One operate call that took effect on an alarm. */
export interface Effect {
  readonly operateType: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** `X-Request-Id` of the answer to the call. */
  readonly requestId: string;
}

/** How an alarm was handled; `method` is one of the five forward types. */
export interface Handling {
  readonly method: string;
  readonly remark?: string;
  readonly at: number;
}

export interface Alarm {
  readonly projectId: string;
  readonly region: string;
  readonly domainId: string;
  readonly eventId: string;
  readonly eventClassId: string;
  readonly eventType: number;
  readonly eventName: string;
  /** Epoch milliseconds; a bigint beyond the safe integers. */
  readonly occurTime: number | bigint;
  readonly category: 'host' | 'container';
  readonly severity: Severity;
  /** The enterprise projects it is visible under; the first one is its own. */
  readonly enterpriseProjects: readonly string[];
  readonly host: Host;
  readonly container?: Container;
  readonly details: readonly ListedDetail[];
  readonly attackTag: string;
  readonly attackPhase: string;
  /** ATT&CK phase: the list filters by it and does not show it. */
  readonly attCk: string;
  readonly tags: readonly string[];
  readonly autoBlock: boolean;
  /** Listed with nulls and empty strings, which the contract says must be expected (2.1). */
  readonly ragged: boolean;
  handling: Handling | undefined;
  readonly effects: Effect[];
}

export function handleStatus(alarm: Alarm): 'handled' | 'unhandled' {
  return alarm.handling === undefined ? 'unhandled' : 'handled';
}

export const abstractOf = ({ eventName, host }: Alarm): string => `${eventName} on ${host.name}`;

/** All alarms, by project and id, in the order they were added. */
export class AlarmStore {
  private readonly projects = new Map<string, Map<string, Alarm>>();

  add(alarm: Alarm): void {
    const alarms = this.projects.get(alarm.projectId) ?? new Map<string, Alarm>();
    this.projects.set(alarm.projectId, alarms.set(alarm.eventId, alarm));
  }

  find(projectId: string, eventId: string): Alarm | undefined {
    return this.projects.get(projectId)?.get(eventId);
  }

  of(projectId: string): Iterable<Alarm> {
    return this.projects.get(projectId)?.values() ?? [];
  }

  *all(): Iterable<Alarm> {
    for (const alarms of this.projects.values()) yield* alarms.values();
  }

  clear(): void {
    this.projects.clear();
  }
}
