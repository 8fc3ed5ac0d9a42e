import { problemsOf } from '../contract/contract.js';
import type { Schema } from '../contract/schema.js';
import type { SimulatorRequest } from '../exchange.js';
import { isObject, parseExact, type JsonObject } from '../json.js';

/** What a test or a person asks of the simulator itself. */
export type ControlRequest = Pick<SimulatorRequest, 'method' | 'path' | 'query' | 'body'>;

/** A control request that makes no sense: 400 with the reasons, and nothing changes. */
export class BadControlRequest extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
  }
}

export function refuseProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new BadControlRequest(problems);
}

export function refuseUnless(schema: Schema, value: unknown): void {
  refuseProblems(problemsOf(schema, value));
}

export function jsonBody(request: ControlRequest): unknown {
  const text = request.body.toString('utf8');
  return text === '' ? {} : parseExact(text);
}

export function objectBody(request: ControlRequest): JsonObject {
  const body = jsonBody(request);
  if (!isObject(body)) throw new BadControlRequest(['the body is not an object']);
  return body;
}
