import { describe, expect, it } from '@jest/globals';

import type { PlacedCheckpoint } from '../audit/index.js';
import { HttpPoster, PostUnanswered, type PostAnswer } from '../domain/ports.js';
import { HttpWitness } from './http.witness.js';

type Answer = Partial<PostAnswer> | Error;
const conflict = (size: number): Answer => ({
  ...{ status: 409, contentType: 'text/x.tlog.size', body: `${size}\n` },
});

class Poster extends HttpPoster {
  readonly posts: string[] = [];

  constructor(private readonly answers: Answer[]) {
    super();
  }

  post(url: string, _: unknown, body: string): Promise<PostAnswer> {
    this.posts.push(`${url} ${body.split('\n').slice(0, -2).join('|')}`);
    const answer = this.answers.shift() ?? {};
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve({ status: 200, body: '', ...answer });
  }
}

const at = (size: number): PlacedCheckpoint => ({
  size,
  position: size,
  at: 0,
  note: `o${size}\n\nsigned\n`,
});
const HEAD = 20;
const never = new AbortController().signal;

function shown(sizes: readonly number[], answers: Answer[], signal = never) {
  const poster = new Poster(answers);
  const proofs = { pathFrom: (from: number) => Promise.resolve(from === 0 ? [] : [Buffer.from(`${from}`)]) };
  const checkpoints = { head: () => Promise.resolve(HEAD), addCosignature: () => Promise.resolve() };
  const witness = new HttpWitness({ url: 'https://w.example.com/a/' }, poster, proofs, checkpoints);
  return { posts: poster.posts, result: witness.deliver(sizes.map(at), signal) };
}
const post = (old: number, size: number) =>
  `https://w.example.com/a/add-checkpoint old ${old}|${old === 0 ? '' : `${Buffer.from(`${old}`).toString('base64')}|`}|o${size}|`;

describe('a witness over HTTP', () => {
  it('is shown each checkpoint with the path from the one before', async () => {
    const { posts, result } = shown([3, 5, 9], []);
    expect(await result).toBe(3);
    expect(posts).toEqual([post(0, 3), post(3, 5), post(5, 9)]);
  });

  it('is shown it again from where it says to be', async () => {
    const { posts, result } = shown([5, 9], [conflict(3)]);
    expect(await result).toBe(2);
    expect(posts).toEqual([post(0, 5), post(3, 5), post(5, 9)]);
  });

  it('is not asked about what it has seen since', async () => {
    const { posts, result } = shown([3, 5, 9], [conflict(5)]);
    expect(await result).toBe(3);
    expect(posts).toEqual([post(0, 3), `${post(5, 5).split(' old')[0]} old 5||o5|`, post(5, 9)]);
  });

  it('that has seen more than there is, is not believed and not passed over', async () => {
    await expect(shown([3], [conflict(21)]).result).rejects.toMatchObject({
      ...{ reason: 'it has seen more records than there are', delivered: 0 },
    });
  });

  it.each([
    [{ status: 403 }, 'HTTP 403'],
    [{ status: 404 }, 'HTTP 404'],
    [{ status: 422 }, 'HTTP 422'],
    [{ status: 409, body: '3\n' }, 'HTTP 409'],
    [{ status: 409, contentType: 'text/x.tlog.size', body: 'many' }, 'HTTP 409'],
    [{ status: 204 }, 'HTTP 204'],
    [new PostUnanswered('ECONNREFUSED'), 'ECONNREFUSED'],
  ])('has not taken what it answers with %j', async (answer, reason) => {
    const { posts, result } = shown([3, 5, 9], [{}, answer]);
    await expect(result).rejects.toMatchObject({ reason, delivered: 1 });
    expect(posts).toHaveLength(2);
  });

  it('is told to wait no shorter than it asks for', async () => {
    const { result } = shown([3], [{ status: 503, retryAfterMs: 7_000 }]);
    await expect(result).rejects.toMatchObject({ reason: 'HTTP 503', retryAfterMs: 7_000 });
  });

  it('is shown nothing more after the signal', async () => {
    const over = new AbortController();
    over.abort();
    expect(await shown([3], [], over.signal).result).toBe(0);
  });
});
