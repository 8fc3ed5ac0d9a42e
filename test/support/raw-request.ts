import { once } from 'node:events';
import { connect } from 'node:net';

/** A GET with exactly these header lines, which HTTP clients would put in order: its status and body. */
export async function rawGet(
  url: string,
  path: string,
  headers: readonly string[],
): Promise<{ status: number; body: unknown }> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding('utf8');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  socket.write(
    [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n'),
  );
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), body: JSON.parse(body) as unknown };
}
