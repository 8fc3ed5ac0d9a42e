// Puts the gateway that `npm start` runs, and `hss-gateway`, into a few files (docs/decisions/0021-one-bundle.md). Tests inside the
// process, and other commands, run from `dist/src`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

import { decode, encode } from '@jridgewell/sourcemap-codec';
import { rolldown } from 'rolldown';

const COMPILED = resolve('dist/src');
const FOLDER = resolve('dist/gateway');

/** What is started by its path: the gateway, the program beside it, and the threads of the embedded database. */
const ENTRIES = ['main.js', 'cli/hss-gateway.js', 'audit/embedded.worker.js', 'audit/embedded.reader.js'];

/** A binary, and optional packages that others ask for only where they are used. */
export const LEFT_OUT = [
  /^better-sqlite3$/,
  /^pg-(?:native|cloudflare)$/,
  /^@fastify\/(?:multipart|view)$/,
  /^@nestjs\/(?:microservices|websockets|platform-express)(?:\/|$)/,
];

const NEIGHBOUR = /new URL\('(\.[^']*)', import\.meta\.url\)/g;

/** Scripts lie beside each other in the bundle; data stays where it is. */
function withNeighbours(code, id) {
  const [, ...others] = code.replace(NEIGHBOUR, '').split('import.meta');
  if (others.length > 0) throw new Error(`${id}: only "new URL('./…', import.meta.url)" can be bundled`);
  return code.replace(NEIGHBOUR, (whole, path) => {
    const file = resolve(dirname(id), path);
    if (!path.endsWith('.js'))
      return whole.replace(path, `./${relative(FOLDER, file)}${path.endsWith('/') ? '/' : ''}`);
    if (!ENTRIES.includes(relative(COMPILED, file)))
      throw new Error(`${id}: ${path} is no entry of the bundle`);
    return whole.replace(path, `./${basename(file)}`);
  });
}

/** It asks for class-validator and class-transformer in a way that is not seen, and would get a second copy of each. */
const UNSEEN = /[\\/]@nestjs[\\/]mapped-types[\\/]/;
const ASKING = 'const require = createRequire(import.meta.url);';

export function seen(code, id) {
  if (!UNSEEN.test(id)) return code;
  const asking = code.replace("import { createRequire } from 'node:module';", '').replace(ASKING, '');
  if (asking.includes('createRequire'))
    throw new Error(`${id} asks for packages in another way than was known`);
  return asking;
}

/** V8 keeps a file in which one character is beyond these with two bytes for each. */
const NOT_ASCII = /[^\0-\x7f]/g;
/** Where such a character is escaped already, or is read as it was written. */
const UNESCAPABLE = /\\[^\0-\x7f]|String\.raw\s*`[^`]*[^\0-\x7f`]/;

const own = {
  name: 'own',
  load: {
    filter: { id: /\.[cm]?js$/ },
    handler(id) {
      const code = readFileSync(id, 'utf8');
      if (UNESCAPABLE.test(code))
        throw new Error(`${id}: escaping its characters would change what it means`);
      // Nobody looks for a line of a package, and a map of them all takes some 60 MB of a running gateway.
      if (!id.startsWith(COMPILED)) return { code: seen(code, id), map: { mappings: '' } };
      return { code: withNeighbours(code, id), map: JSON.parse(readFileSync(`${id}.map`, 'utf8')) };
    },
  },
};

const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const ESCAPED_LENGTH = escaped('–').length;

/** Where a line's columns are once its characters are escaped; of what was one line of a source, the first place only. */
function placesIn(line, segments) {
  const wide = [...line.matchAll(NOT_ASCII)].map(({ index }) => index);
  let before = [];
  return segments
    .filter(([, source, original]) => {
      const isNew = source !== before[0] || original !== before[1];
      before = [source, original];
      return isNew;
    })
    .map(([column, ...origin]) => [
      column + wide.filter((index) => index < column).length * (ESCAPED_LENGTH - 1),
      ...origin,
    ]);
}

function write({ fileName, code, map }) {
  const lines = code.split('\n');
  const text = lines.map((line) => line.replace(NOT_ASCII, escaped)).join('\n');
  const file = join(FOLDER, fileName);
  // What begins so is started by its name.
  const mode = text.startsWith('#!') ? 0o755 : 0o644;
  if (!map) return writeFileSync(file, text, { mode });
  const mappings = encode(decode(map.mappings).map((segments, number) => placesIn(lines[number], segments)));
  writeFileSync(`${file}.map`, JSON.stringify({ ...map, mappings, sourcesContent: undefined }));
  writeFileSync(file, `${text}\n//# sourceMappingURL=${fileName}.map\n`, { mode });
}

/** Made of `dist/src`, where there is a program in it. */
export async function bundle() {
  if (!existsSync(join(COMPILED, 'main.js'))) return;
  const bundled = await rolldown({
    input: ENTRIES.map((entry) => join(COMPILED, entry)).filter((file) => existsSync(file)),
    external: LEFT_OUT,
    platform: 'node',
    plugins: [own],
  });
  const { output } = await bundled.generate({
    dir: FOLDER,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: 'hidden',
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  mkdirSync(FOLDER, { recursive: true });
  output.filter(({ type }) => type === 'chunk').forEach(write);
}
