import { DELEGATING_DOMAIN, OTHER_ENTERPRISE_PROJECT, PROJECT, USER, type Project } from '../account.js';
import type { Alarm, Container, Host, ListedDetail, Severity } from '../hss/alarm.js';
import { GENERATED_HOSTS, LIBRARY_HOST, fixedHash, fixedUuid, readSeed } from './hosts.js';

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

/** A kind of alarms: class, type and name from contract 1.9 and 1.10, paired by their wording. */
interface AlarmKind {
  readonly eventClassId: string;
  readonly eventType: number;
  readonly name: string;
  readonly category: 'host' | 'container';
  readonly attCk: string;
  /** What the details speak of; a cluster alarm has none. */
  readonly about: 'file' | 'process' | 'login' | 'cluster';
}

const ALARM_KINDS = readSeed<AlarmKind>('alarm-kinds');

/** How a run of alarms is generated. The same pattern makes the same alarms in every run. */
export interface AlarmPattern {
  readonly count: number;
  /** Distinguishes runs: ids and hashes are made from it. */
  readonly name: string;
  readonly project?: Project;
  readonly enterpriseProjects?: readonly string[];
  /** All of this class and type instead of a mixture. */
  readonly eventClassId?: string;
  readonly eventType?: number;
  readonly severity?: Severity;
  /** `occur_time` of the first alarm, and the distance to the next one, in milliseconds. */
  readonly startTime: number;
  readonly stepMs: number;
  /** Every n-th alarm is handled already; 0 for none. */
  readonly handledEvery?: number;
}

const SEVERITIES: readonly Severity[] = ['Low', 'Medium', 'High', 'Critical', 'Security'];
const TAGS = [
  'attack_attempt',
  'attack_success',
  'abnormal_behavior',
  'attack_blocked',
  'system_vulnerability',
];

function pick<T>(from: readonly T[], index: number): T {
  return from[index % from.length] as T;
}

function containerOf(seed: string, index: number): Container {
  const name = pick(['nginx', 'redis', 'orders', 'billing'], index);
  return {
    id: fixedHash(`container ${seed}`),
    name: `k8s_${name}_${name}-${fixedHash(seed).slice(0, 4)}_prod_0`,
    image: `${name}:1.${index % 7}`,
  };
}

function detailsOf(kind: AlarmKind, host: Host, seed: string, index: number): ListedDetail[] {
  const common = { agent_id: host.agentId, private_ip: host.privateIp };
  if (kind.about === 'cluster') return [];
  if (kind.about === 'login') {
    return [
      {
        ...common,
        login_ip: `203.0.113.${1 + (index % 200)}`,
        login_user_name: pick(['root', 'admin', 'deploy'], index),
      },
    ];
  }
  const path = host.os === 'Windows' ? `C:\\ProgramData\\svc${index}.exe` : `/var/tmp/.svc${index}/run`;
  const detail: ListedDetail = {
    ...common,
    process_pid: 1000 + (index % 30_000),
    is_parent: false,
    file_hash: fixedHash(`file ${seed}`),
    file_path: path,
    file_attr: 33261,
    keyword: `${kind.about === 'file' ? 'file_path' : 'process_path'}=${path}`,
    hash: fixedHash(`keyword ${seed}`),
  };
  const parent: ListedDetail = { ...detail, process_pid: 900 + (index % 30_000), is_parent: true };
  return index % 5 === 0 ? [parent, detail] : [detail];
}

/** A class that the table does not have looks like the first kind, a file on a host. */
function kindOf({ eventClassId }: AlarmPattern, index: number): AlarmKind {
  if (eventClassId === undefined) return pick(ALARM_KINDS, index);
  return ALARM_KINDS.find((kind) => kind.eventClassId === eventClassId) ?? pick(ALARM_KINDS, 0);
}

function generate(pattern: AlarmPattern, index: number): Alarm {
  const seed = `${pattern.name} ${index}`;
  const kind = kindOf(pattern, index);
  const host = pick(GENERATED_HOSTS[kind.category], index);
  const occurTime = pattern.startTime + index * pattern.stepMs;
  const handled =
    pattern.handledEvery !== undefined && pattern.handledEvery > 0 && index % pattern.handledEvery === 3;
  return makeAlarm(
    {
      eventId: fixedUuid(`alarm ${seed}`),
      eventClassId: pattern.eventClassId ?? kind.eventClassId,
      eventType: pattern.eventType ?? kind.eventType,
      eventName: kind.name,
      occurTime,
      category: kind.category,
      severity: pattern.severity ?? pick(SEVERITIES, index),
      enterpriseProjects: pattern.enterpriseProjects ?? [index % 4 === 3 ? OTHER_ENTERPRISE_PROJECT : '0'],
      host,
      details: detailsOf(kind, host, seed, index),
      attackTag: pick(TAGS, index),
      attCk: kind.attCk,
      autoBlock: index % 6 === 5,
      handling: handled
        ? { method: 'ignore', remark: 'Known behaviour', at: occurTime + 600_000 }
        : undefined,
      ...(kind.category === 'container' && { container: containerOf(seed, index) }),
    },
    pattern.project ?? PROJECT,
  );
}

export function* generatedAlarms(pattern: AlarmPattern): Iterable<Alarm> {
  for (let index = 0; index < pattern.count; index += 1) yield generate(pattern, index);
}
