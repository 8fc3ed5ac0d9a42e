import type { FastifyReply, FastifyRequest, onSendHookHandler, RouteOptions } from 'fastify';

/**
 * Has a route whose answer is the same for everybody make it once. The library writes the whole document anew for each request,
 * which anybody may send, and every answer that nobody reads yet would be held by itself.
 */
export function keepAnswers(route: RouteOptions): void {
  // Its answers are of many paths.
  if (route.url.includes('*')) return;
  let kept: { readonly type: string; readonly body: Buffer } | undefined;
  const answer = (_request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (kept) void reply.type(kept.type).send(kept.body);
    else done();
  };
  const keep: onSendHookHandler = (_request, reply, payload, done) => {
    // Nothing is kept of what failed, nor of what HEAD leaves out.
    if (typeof payload !== 'string' || reply.statusCode !== 200) return done(null, payload);
    kept = { type: String(reply.getHeader('content-type')), body: Buffer.from(payload) };
    done(null, kept.body);
  };
  route.preHandler = [answer, ...[route.preHandler ?? []].flat()];
  route.onSend = [keep, ...[route.onSend ?? []].flat()];
}
