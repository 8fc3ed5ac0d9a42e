import { ocsfLine, type FollowerSource, type PlacedBody, type RecordSource } from '../audit/index.js';
import type { SinkConfig } from '../config/config.js';

/** A record as a sink is given it: one line of JSON without its line break. */
export interface SinkItem {
  /** The record's sequence. */
  readonly position: number;
  readonly line: string;
}

/** The records of the trail as lines of one format. */
export class SinkSource implements FollowerSource<SinkItem> {
  constructor(
    private readonly records: RecordSource,
    private readonly format: SinkConfig['format'],
  ) {}

  head(): Promise<number> {
    return this.records.head();
  }

  async after(position: number): Promise<SinkItem[]> {
    const records = await this.records.after(position);
    if (this.format === 'ndjson')
      return records.map((record) => ({ position: record.position, line: ndjsonLine(record) }));
    const intents = new Map(
      records.flatMap(({ kind, operationId, body }) => (kind === 'intent' ? [[operationId, body]] : [])),
    );
    const items: SinkItem[] = [];
    for (const record of records) {
      const { position, operationId } = record;
      const intent =
        operationId === null
          ? undefined
          : (intents.get(operationId) ?? (await this.records.intentOf(operationId)));
      items.push({ position, line: ocsfLine(record, intent) });
    }
    return items;
  }
}

/** The record as it is stored, with what its place in the trail is proved by. */
function ndjsonLine({ position, hash, body }: PlacedBody): string {
  return `{"sequence":${position},"hash":"${Buffer.from(hash).toString('hex')}","record":${body}}`;
}
