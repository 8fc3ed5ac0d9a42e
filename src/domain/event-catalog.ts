import { readFileSync } from 'node:fs';

/** Codes and titles that upstream publishes; upstream's lists lag behind its product, so an unknown code passes with a warning. */
interface EventCatalog {
  readonly eventTypes: Readonly<Record<string, string>>;
  readonly eventClasses: Readonly<Record<string, string>>;
}

const CATALOG = JSON.parse(
  readFileSync(new URL('./event-catalog.json', import.meta.url), 'utf8'),
) as EventCatalog;

/** Event types of the operate call, plus 3026 and 11001, which only the neighbouring calls document (contract 1.9). An open set. */
export const EVENT_TYPES: ReadonlyMap<number, string> = new Map(
  Object.entries(CATALOG.eventTypes).map(([code, title]) => [Number(code), title]),
);

/**
 * Event classes of the operate call, plus crontab_0001, crontab_0002 and honeypot_0001, which only the neighbouring calls
 * document (contract 1.10). An open set.
 */
export const EVENT_CLASSES: ReadonlyMap<string, string> = new Map(Object.entries(CATALOG.eventClasses));
