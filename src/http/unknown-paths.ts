import type { FastifyInstance } from 'fastify';

import { refuse } from '../problems/catalogue.js';

/** Paths that there are, each with the methods it takes. */
export class KnownPaths {
  readonly #methods = new Map<string, { readonly form: RegExp; readonly methods: Set<string> }>();

  add(pattern: string, methods: readonly string[]): void {
    const known = this.#methods.get(pattern) ?? { form: formOf(pattern), methods: new Set<string>() };
    this.#methods.set(pattern, known);
    for (const method of methods) known.methods.add(method);
  }

  /** The methods that a path takes, sorted; none: there is no such path. */
  methodsOf(url: string): string[] {
    const [path = ''] = url.split(/[?#]/, 1);
    const fitting = [...this.#methods.values()].filter(({ form }) => form.test(path));
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort();
  }
}

/** A path of the pattern: `:name` stands for one part, `*` for all the rest. */
function formOf(pattern: string): RegExp {
  const parts = pattern.split(/(:\w+|\*)/).map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}

/** What a library answers preflights of, for every path; whatever else it gets is meant for none. */
const ANY_PATH = '*';

/**
 * Answers what no route is there for before any body is read: which paths there are is no secret. To be called before routes
 * are made, and after whatever else looks at every request.
 */
export function refuseUnknownPaths(fastify: FastifyInstance): void {
  const known = new KnownPaths();
  fastify.addHook('onRoute', ({ url, method }) => known.add(url, [method].flat()));
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404 && request.routeOptions.url !== ANY_PATH) return done();
    const methods = known.methodsOf(request.url);
    if (methods.length === 0) return done(refuse('no_such_route'));
    void reply.header('Allow', methods.join(', '));
    return done(refuse('method_not_allowed', methods));
  });
}
