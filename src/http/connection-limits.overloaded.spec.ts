import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { describe, expect, it } from '@jest/globals';

import { problemBody } from '../problems/problem.js';
import { OVERLOADED } from './connection-limits.js';
import { UnprovedBodies } from './identity/signature-verifier.js';

const LARGEST = 100_000;

/** What a body is refused with: where it arrives, or where it is announced. */
function refusalsOf(bodies: UnprovedBodies): unknown[] {
  const take = () => {
    const request = new IncomingMessage(new Socket());
    request.headers['content-length'] = String(LARGEST);
    return bodies.take(request, new ServerResponse(request), '192.0.2.1');
  };
  const caught = (refused: () => unknown) => {
    try {
      return refused();
    } catch (error) {
      return error;
    }
  };
  const body = take();
  return [caught(() => body?.grow(3 * LARGEST)), caught(take), caught(take)];
}

describe('refusals under overload', () => {
  it('are one problem, which no refusal makes anew', () => {
    for (const refusal of refusalsOf(new UnprovedBodies(LARGEST))) expect(refusal).toBe(OVERLOADED);
  });

  it('are each answered with the id of its own request', () => {
    const [one, other] = ['one', 'other'].map((id) => problemBody(OVERLOADED, id));
    expect(one).toMatchObject({ status: 503, code: 'overloaded', retryable: true, retryAfter: 2 });
    expect(one).toEqual({ ...other, requestId: 'one' });
  });
});
