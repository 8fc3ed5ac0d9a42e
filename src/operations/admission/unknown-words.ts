import { Injectable, Logger } from '@nestjs/common';

import { EVENT_CLASSES, EVENT_TYPES } from '../../domain/event-catalog.js';
import { Metrics } from '../../metrics/metrics.js';
import type { CommandAlarm } from '../operation-command.js';

/** So many different unknown words are told; a flood of made-up ones is not. */
const MAX_TOLD = 1_000;

/** Tells the log, once each, of event types and classes that the gateway does not know: its lists lag behind upstream's. */
@Injectable()
export class UnknownWords {
  readonly #logger = new Logger(UnknownWords.name);
  readonly #told = new Set<string | number>();

  constructor(private readonly metrics: Metrics) {}

  notice(alarms: readonly CommandAlarm[]): void {
    for (const { eventType, eventClassId } of alarms) {
      if (!EVENT_TYPES.has(eventType)) this.#tell('eventType', eventType);
      if (!EVENT_CLASSES.has(eventClassId)) this.#tell('eventClassId', eventClassId);
    }
  }

  #tell(field: string, word: string | number): void {
    this.metrics.unknownWords.inc({ field });
    if (this.#told.has(word) || this.#told.size >= MAX_TOLD) return;
    this.#told.add(word);
    this.#logger.warn({ [field]: word }, 'a word that the gateway does not know passes on to upstream');
  }
}
