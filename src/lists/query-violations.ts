import type { DtoClass } from '../http/validation/fields.js';
import { report } from '../http/validation/report.js';
import type { Violation } from '../problems/violation.js';

/** Everything wrong with a query string by the rules of a class: a query has parameters, not pointers. */
export function queryViolations(type: DtoClass, query: unknown): Violation[] {
  return report(type, query).map(({ pointer, ...violation }) => ({
    parameter: pointer?.slice(1) ?? '',
    ...violation,
  }));
}
