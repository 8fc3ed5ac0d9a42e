import { Injectable, type PipeTransform } from '@nestjs/common';

import { refuse } from '../../problems/catalogue.js';

export const DRY_RUN = 'dryRun';

/** `true` or `false`; any other value is refused, because it must not lead to an act. */
@Injectable()
export class DryRunPipe implements PipeTransform<unknown, boolean> {
  transform(value: unknown): boolean {
    if (value === undefined || value === 'false') return false;
    if (value === 'true') return true;
    const message = 'dryRun must be true or false, once';
    throw refuse('invalid_request', [
      { parameter: DRY_RUN, rule: 'boolean', message, allowed: [true, false] },
    ]);
  }
}
