import { isDeepStrictEqual } from 'node:util';
import { REGION } from './cloud.js';
import { makeBodies } from './payloads.js';
import type { Subject } from './subjects.js';

interface UpstreamState {
  readonly operations: number;
  readonly last?: { readonly url: string; readonly region?: string; readonly body: string };
}

/** Asked again where a busy machine breaks the connection: a run of half an hour should not end for that. */
export async function upstreamState(origin: string, attempts = 3): Promise<UpstreamState> {
  try {
    const response = await fetch(`${origin}/bench/state`);
    return (await response.json()) as UpstreamState;
  } catch (error) {
    if (attempts === 1) throw error;
    return upstreamState(origin, attempts - 1);
  }
}

/** Before anything is measured: does this subject send upstream exactly what it was asked to, once? */
export async function probe(
  subject: Subject,
  headers: Record<string, string>,
  origin: string,
  upstreamOrigin: string,
): Promise<void> {
  for (const alarms of [1, 100]) {
    const bodies = makeBodies(alarms, crypto.randomUUID().slice(0, 8));
    const before = await upstreamState(upstreamOrigin);
    const response = await fetch(`${origin}${subject.path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(bodies[subject.dialect]),
    });
    const answer = await response.text();
    if (response.status !== 200) {
      throw new Error(
        `${subject.name} answered ${response.status} to ${alarms} alarms: ${answer.slice(0, 1_000)}`,
      );
    }
    const after = await upstreamState(upstreamOrigin);
    const { url = '', region, body = 'null' } = after.last ?? {};
    const complaint =
      after.operations !== before.operations + 1
        ? `${after.operations - before.operations} calls reached upstream instead of 1`
        : !isDeepStrictEqual(JSON.parse(body), bodies.upstream)
          ? `upstream received another body: ${body.slice(0, 1_000)}`
          : !url.includes('enterprise_project_id=0') || region !== REGION
            ? `upstream received another scope: ${url}, region ${region ?? 'missing'}`
            : undefined;
    if (complaint !== undefined) throw new Error(`${subject.name}, ${alarms} alarms: ${complaint}`);
  }
}
