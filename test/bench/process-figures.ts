import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Only Linux tells what another process used. */
const AVAILABLE = existsSync('/proc/self/stat');
const TICKS_PER_SECOND = AVAILABLE ? clockTicks() : 100;

/** User and system seconds of all threads so far, ended ones included; undefined where the system does not say, or of a dead process. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = read(pid, 'stat');
  if (stat === undefined) return undefined;
  // The second field is the command in parentheses and may contain blanks: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/**
 * How long these cores had nothing to do so far. What a process used is counted exactly and what a core was busy with by
 * sampling it a hundred times a second; idle time is exact too, so that only it can be compared with the former.
 */
export function idleSeconds(cores: readonly number[]): number | undefined {
  if (!AVAILABLE || cores.length === 0) return undefined;
  const statistics = readFileSync('/proc/stat', 'latin1');
  const ticks = cores.map((core) => {
    const line = new RegExp(`^cpu${core} (.+)$`, 'm').exec(statistics)?.[1] ?? '';
    const [, , , idle = 0, waiting = 0] = line.split(' ').map(Number);
    return idle + waiting;
  });
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** Undefined where one is not known. */
export function cpuSecondsOf(pids: readonly number[]): number | undefined {
  return sumOf(pids.map(cpuSeconds));
}

export function rssMegabytesOf(pids: readonly number[]): number | undefined {
  return sumOf(pids.map(rssMegabytes));
}

function sumOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length < values.length ? undefined : known.reduce((sum, value) => sum + value, 0);
}

function rssMegabytes(pid: number): number | undefined {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status') ?? '');
  return line === null ? undefined : Number(line[1]) / 1024;
}

function read(pid: number, file: 'stat' | 'status'): string | undefined {
  try {
    return AVAILABLE ? readFileSync(`/proc/${pid}/${file}`, 'latin1') : undefined;
  } catch {
    return undefined;
  }
}

function clockTicks(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'latin1' })) || 100;
  } catch {
    return 100;
  }
}
