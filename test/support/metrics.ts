import type { Rig } from './gateway.js';

/** The value of one line of `/metrics`, by its name and labels as they stand there; undefined when there is no such line. */
export async function metric(rig: Pick<Rig, 'call'>, name: string): Promise<number | undefined> {
  const { text } = await rig.call('GET', '/metrics', undefined, { key: null });
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
