import type { Fault } from '../domain/outcome.js';
import { refuse, type ProblemCode, type ProblemData } from './catalogue.js';

/**
 * The reason why something was not done or is not known, as it is recorded and shown. Unlike an answer to a request, it names a time
 * to wait only where one is given.
 */
export function faultFor<Code extends ProblemCode>(
  code: Code,
  ...[data, wait]: ProblemData<Code> extends undefined
    ? [data?: undefined, wait?: Pick<Fault, 'retryAfter'>]
    : [data: ProblemData<Code>, wait?: Pick<Fault, 'retryAfter'>]
): Fault {
  const { status, detail, extras } = (
    refuse as (code: ProblemCode, data: unknown) => ReturnType<typeof refuse>
  )(code, data);
  return { code, status, detail, retryable: extras.retryable ?? false, ...wait };
}
