// Compiles src and test into dist, with the plugins that nest-cli.json names: one reads the OpenAPI document's parts out of types
// and comments. Copies the JSON files of src, which are read at run time, and bundles the gateway. Does nothing where dist was made of
// exactly these sources and packages, so that a command which builds first starts at once after the first build.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import process from 'node:process';

const NEST = 'nest-cli.json';
/** What npm says of the packages that are there: they are in the bundle. */
const INSTALLED = join('node_modules', '.package-lock.json');

/** What dist was made of: written last, so that a build which failed counts as none. */
const MADE_OF = join('dist', '.made-of');

function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Names and contents, not times: a checkout or a copy sets these as it likes. */
function digestOfSources() {
  const digest = createHash('sha256').update(readFileSync(import.meta.filename));
  const files = ['src', 'test'].filter((folder) => existsSync(folder)).flatMap(filesIn);
  const packages = ['package-lock.json', INSTALLED].filter((file) => existsSync(file));
  for (const file of [...files.sort(), 'tsconfig.json', NEST, ...packages]) {
    const content = readFileSync(file);
    digest.update(`${file}\n${content.length}\n`).update(content);
  }
  return digest.digest('hex');
}

function pluginsOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).compilerOptions?.plugins ?? [];
}

async function transformerOf({ name, options }, program) {
  const { before } = await import(`${name}/plugin`);
  return before(options, program);
}

/** Answers whether nothing was wrong. */
async function compile() {
  const { default: ts } = await import('typescript');
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: report };
  const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile('tsconfig.json', {}, host);
  const program = ts.createProgram(fileNames, options);
  const emitted = program.emit(undefined, undefined, undefined, undefined, {
    before: await Promise.all(pluginsOf(NEST).map((plugin) => transformerOf(plugin, program))),
  });
  const diagnostics = [...errors, ...ts.getPreEmitDiagnostics(program), ...emitted.diagnostics];
  diagnostics.forEach(report);
  return diagnostics.length === 0;

  function report(diagnostic) {
    const format = process.stderr.isTTY ? ts.formatDiagnosticsWithColorAndContext : ts.formatDiagnostics;
    process.stderr.write(
      format([diagnostic], {
        getCanonicalFileName: (name) => name,
        getCurrentDirectory: ts.sys.getCurrentDirectory,
        getNewLine: () => '\n',
      }),
    );
  }
}

function copyData() {
  for (const file of filesIn('src').filter((name) => extname(name) === '.json'))
    cpSync(file, join('dist', file));
}

/** A part that was removed by hand is made again. */
function isMade(digest) {
  const [program, bundle] = ['src', 'gateway'].map((folder) => existsSync(join('dist', folder, 'main.js')));
  return program === bundle && existsSync(MADE_OF) && readFileSync(MADE_OF, 'utf8') === digest;
}

const digest = digestOfSources();
if (!isMade(digest)) {
  rmSync('dist', { recursive: true, force: true });
  if (await compile()) {
    copyData();
    const { bundle } = await import('./bundle.js');
    await bundle();
    writeFileSync(MADE_OF, digest);
  } else process.exitCode = 1;
}
