import { describe, expect, it } from '@jest/globals';

import { KnownPaths } from './unroutable-requests.js';

const known = new KnownPaths();
known.add('/livez', ['GET', 'HEAD']);
known.add('/v1/operations', ['POST']);
known.add('/v1/operations', ['GET', 'HEAD']);
known.add('/v1/operations/:id', ['GET']);
known.add('/v1/operations/:id/undo', ['POST']);
known.add('/docs/*', ['GET']);
known.add('/a.b', ['GET']);

describe('the methods of a path', () => {
  it.each<[string, string[]]>([
    ['/livez', ['GET', 'HEAD']],
    ['/livez?x=/v1/operations', ['GET', 'HEAD']],
    ['/v1/operations', ['GET', 'HEAD', 'POST']],
    ['/v1/operations/4?view=full', ['GET']],
    ['/v1/operations/4/undo', ['POST']],
    ['/docs/a/b.css', ['GET']],
    ['/a.b', ['GET']],
    ['/axb', []],
    ['/livez/', []],
    ['/livez/more', []],
    ['/more/livez', []],
    ['/v1/operations/', []],
    ['/v1/operations/4/redo', []],
    ['/', []],
    ['', []],
    ['*', []],
  ])('of %s are %j', (url, methods) => {
    expect(known.methodsOf(url)).toEqual(methods);
  });
});
