import { DELEGATING_DOMAIN, PROJECT, USER, type Project } from '../account.js';
import type { Alarm, ListedDetail } from '../hss/alarm.js';
import { LIBRARY_HOST } from './hosts.js';

/** What an alarm is made of; everything that is left out gets a plain value. */
export type AlarmSpec = Partial<Omit<Alarm, 'projectId' | 'region' | 'domainId' | 'effects' | 'details'>> & {
  readonly eventId: string;
  readonly eventClassId: string;
  readonly eventType: number;
  readonly occurTime: number | bigint;
  readonly details?: readonly ListedDetail[];
};

function domainOf(project: Project): string {
  return DELEGATING_DOMAIN.projects.includes(project) ? DELEGATING_DOMAIN.id : USER.domain.id;
}

export function makeAlarm(spec: AlarmSpec, project: Project = PROJECT): Alarm {
  return {
    category: 'host',
    severity: 'High',
    eventName: spec.eventClassId,
    enterpriseProjects: ['0'],
    host: LIBRARY_HOST,
    details: [],
    attackTag: 'abnormal_behavior',
    attackPhase: 'exploit',
    attCk: 'Execution',
    tags: [],
    autoBlock: false,
    ragged: false,
    handling: undefined,
    ...spec,
    projectId: project.id,
    region: project.region,
    domainId: domainOf(project),
    effects: [],
  };
}
