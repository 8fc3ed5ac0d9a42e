import httpProxy from '@fastify/http-proxy';
import { fastify } from 'fastify';

/** Forwards bytes without reading them, over undici's keep-alive pool, which is the plugin's default. */
const app = fastify({ bodyLimit: 1_048_576 });
await app.register(httpProxy, { upstream: process.env['UPSTREAM']! });
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
