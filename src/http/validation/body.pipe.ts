import type { PipeTransform } from '@nestjs/common';

import { refuse } from '../../problems/catalogue.js';
import { compileCheck, type Check } from './compiled-check.js';
import type { DtoClass } from './field.js';
import { report } from './report.js';

/** Lets a body through that is valid by the rules of one class; anything else is told everything that is wrong with it. */
export class BodyPipe<T extends object> implements PipeTransform<unknown, T> {
  readonly #check: Check;

  constructor(
    private readonly type: DtoClass & (new () => T),
    private readonly options: { readonly mayBeMissing?: boolean } = {},
  ) {
    this.#check = compileCheck(type);
  }

  transform(body: unknown): T {
    const given = this.options.mayBeMissing ? (body ?? {}) : body;
    if (this.#check(given)) return given as T;
    throw refuse('invalid_request', report(this.type, given));
  }
}
