import { KEY } from './gateway.js';

export interface SeenEvent {
  readonly id: string;
  readonly event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

/** Everything that a stream of events tells until it ends, the lines that say nothing counted. */
export async function eventsFrom(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ events: SeenEvent[]; heartbeats: number }> {
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${KEY}`, ...headers } });
  if (!/^text\/event-stream/.test(answer.headers.get('content-type') ?? '')) {
    throw new Error(`no events but ${answer.status} ${await answer.text()}`);
  }
  const parts = (await answer.text()).split('\n\n').filter((part) => part !== '');
  const events = parts.filter((part) => part !== ':');
  return { events: events.map(seen), heartbeats: parts.length - events.length };
}

function seen(text: string): SeenEvent {
  const fields = Object.fromEntries(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return { id: fields['id'] ?? '', event: fields['event'] ?? '', data: JSON.parse(fields['data'] ?? 'null') };
}
