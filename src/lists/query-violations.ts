import type { DtoClass } from '../http/validation/field.js';
import { report, type Violation } from '../http/validation/report.js';

/** Everything wrong with a query string by the rules of a class: a query has parameters, not pointers. */
export function queryViolations(type: DtoClass, query: unknown): Violation[] {
  return report(type, query).map(({ pointer, ...violation }) => ({
    parameter: pointer?.slice(1) ?? '',
    ...violation,
  }));
}
