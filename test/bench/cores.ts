import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Which core does what; without numbers the system places the processes. */
export interface Cores {
  readonly subject?: number;
  readonly load?: number;
  readonly note: string;
}

/** One core for the subjects, another for load and upstream, so that neither takes time from the other. */
export function chooseCores(): Cores {
  const allowed = allowedCores();
  const [subject, load] = allowed;
  if (subject === undefined) return { note: 'not pinned: this system does not say which cores may be used' };
  if (load === undefined) return { note: 'not pinned: only one core, shared by subject, upstream and load' };
  if (!canPin(subject) || !canPin(load)) {
    return { note: `not pinned: taskset is missing; ${availableParallelism()} cores shared by everything` };
  }
  return { subject, load, note: `subjects on core ${subject}, upstream and load on core ${load}` };
}

/** A container may own cores 4 and 5 only: "0-1,4" in the kernel's spelling. */
function allowedCores(): number[] {
  let status: string;
  try {
    status = readFileSync('/proc/self/status', 'latin1');
  } catch {
    return [];
  }
  const ranges = /^Cpus_allowed_list:\s+(.+)$/m.exec(status)?.[1]?.split(',') ?? [];
  return ranges.flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function canPin(core: number): boolean {
  return spawnSync('taskset', ['-c', String(core), 'true']).status === 0;
}
