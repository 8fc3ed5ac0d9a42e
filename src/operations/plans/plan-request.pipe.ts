import { Inject, Injectable, type PipeTransform } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import { refuse } from '../../problems/catalogue.js';
import { compileCheck } from '../../validation/compiled-check.js';
import { isPlainObject } from '../../validation/fields.js';
import { report } from '../../validation/report.js';
import { MAX_VIOLATIONS, type Violation } from '../../problems/violation.js';
import { withScopeAsText } from '../../http/request-pipes.js';
import { windowViolations } from '../../lists/filter-fields.js';
import { PlanRequestDto } from './plan-request.dto.js';

/** Lets a valid request for a plan through; anything else is refused with everything that is wrong with it. */
@Injectable()
export class PlanRequestPipe implements PipeTransform<unknown, PlanRequestDto> {
  readonly #check = compileCheck(PlanRequestDto);
  readonly #mostAlarms: number;

  constructor(@Inject(CONFIG) { limits }: Config) {
    this.#mostAlarms = limits.alarmsPerRequest;
  }

  transform(given: unknown): PlanRequestDto {
    const body = withScopeAsText(given);
    if (this.#check(body) && ruleViolations(body, this.#mostAlarms).length === 0)
      return body as PlanRequestDto;
    throw refuse('invalid_request', planViolations(body, this.#mostAlarms));
  }
}

/** Everything wrong with a request for a plan. */
function planViolations(body: unknown, mostAlarms: number): Violation[] {
  const violations = [...ruleViolations(body, mostAlarms), ...report(PlanRequestDto, body)];
  return violations.slice(0, MAX_VIOLATIONS);
}

/** Rules that span several fields. */
function ruleViolations(body: unknown, mostAlarms: number): Violation[] {
  if (!isPlainObject(body)) return [];
  const { operation, whitelistRules, limit, selector } = body;
  const violations: Violation[] = [];
  if (whitelistRules !== undefined && operation !== 'add_to_alarm_whitelist') {
    const message = 'whitelistRules is only for operation add_to_alarm_whitelist';
    const allowed = ['add_to_alarm_whitelist'];
    violations.push({ pointer: '/whitelistRules', rule: 'only_for', message, allowed });
  }
  if (typeof limit === 'number' && limit > mostAlarms && limit <= 10_000) {
    const message = `limit must be at most ${mostAlarms}, which is the most that one request may name`;
    violations.push({ pointer: '/limit', rule: 'too_many', message, allowed: `1 to ${mostAlarms}` });
  }
  if (!isPlainObject(selector)) return violations;
  return [...violations, ...windowViolations(selector, (name) => ({ pointer: `/selector/${name}` }))];
}
