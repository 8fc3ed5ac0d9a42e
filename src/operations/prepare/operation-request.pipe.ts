import { Inject, Injectable, type PipeTransform } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import { OPERATION_TYPE_NAMES } from '../../domain/operation-type.js';
import { invalidRequest } from '../../problems/problem.js';
import { compileCheck, type Check } from '../../http/validation/compiled-check.js';
import { withScopeAsText } from '../../http/validation/request-pipes.js';
import type { OperationRequestDto } from './operation-request.dto.js';
import { OPERATION_REQUESTS, requestTypeOf } from './operation-request.types.js';
import { obeysRules, violationsOf } from './operation-rules.js';

/** Lets a valid body through as it is; anything else is told everything that is wrong with it. */
@Injectable()
export class OperationRequestPipe implements PipeTransform<unknown, OperationRequestDto> {
  readonly #checks = new Map<unknown, Check>(
    OPERATION_TYPE_NAMES.map((operation) => {
      const type = OPERATION_REQUESTS[operation];
      return [type, compileCheck(type)];
    }),
  );
  readonly #mostAlarms: number;

  constructor(@Inject(CONFIG) { limits }: Config) {
    this.#mostAlarms = limits.alarmsPerRequest;
  }

  transform(given: unknown): OperationRequestDto {
    const body = withScopeAsText(given);
    if (this.#isValid(body)) return body;
    throw invalidRequest(violationsOf(body, this.#mostAlarms));
  }

  #isValid(body: unknown): body is OperationRequestDto {
    const check = this.#checks.get(requestTypeOf(body));
    return check !== undefined && check(body) && obeysRules(body as OperationRequestDto, this.#mostAlarms);
  }
}
