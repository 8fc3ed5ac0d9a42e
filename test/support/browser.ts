import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { chromium, type Browser } from 'playwright-core';

const run = promisify(execFile);

/** Seen from the compiled tests. */
const NODE_MODULES = fileURLToPath(new URL('../../../node_modules/', import.meta.url));

/** Names the folder it lies in, wherever that is. */
const FONTS = `<?xml version="1.0"?>
<fontconfig>
  <dir prefix="relative">.</dir>
</fontconfig>
`;

/**
 * The folder of a browser that the package `@sparticuz/chromium` carries in compressed form, with the libraries that a slim
 * system lacks (NSS, NSPR, expat) and a font. Unpacked once, beside the packages; another process that does the same at the
 * same time does no harm.
 */
async function unpackedBrowser(): Promise<string> {
  const manifest = join(NODE_MODULES, '@sparticuz/chromium/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const cache = join(NODE_MODULES, '.cache');
  const folder = join(cache, `hss-gateway-browser-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'unpacking-'));
  // In a process of its own, because the package takes its folder and its idea of the system from the environment.
  const script = "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())";
  await run(process.execPath, ['-e', script], {
    cwd: join(NODE_MODULES, '..'),
    env: { PATH: process.env['PATH'], TMPDIR: fresh, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
  });
  // The package's own names folders that only some clouds have; a page without any font crashes the browser.
  writeFileSync(join(fresh, 'fonts', 'fonts.conf'), FONTS);
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** What takes longer hangs. */
export const MAX_STEP_MS = 300_000;

/** A headless browser that needs nothing but npm on 64-bit Linux; elsewhere `TEST_BROWSER` names one that is installed. */
export async function startBrowser(): Promise<Browser> {
  const installed = process.env['TEST_BROWSER'];
  if (installed !== undefined) return chromium.launch({ executablePath: installed, timeout: MAX_STEP_MS });
  const folder = await unpackedBrowser();
  return chromium.launch({
    timeout: MAX_STEP_MS,
    executablePath: join(folder, 'chromium'),
    // Root may not use the sandbox, and the page is our own.
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu'],
    env: {
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
      HOME: folder,
    },
  });
}
