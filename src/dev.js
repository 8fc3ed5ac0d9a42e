// Builds and starts the gateway, and does both again after each change of a source: `npm run dev`. Arguments go to the gateway.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';

/** An editor saves in several steps; a build starts when nothing has changed for this long. */
const QUIET_MS = 200;

const run = (...options) => (child = spawn(process.execPath, options, { stdio: 'inherit' }));
const ended = (child) => new Promise((resolve) => child.once('exit', resolve));

/** Whatever runs at the moment ends with this. */
let child;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    child?.kill(signal);
    process.exit();
  });
}

let changes = 0;
let wake = () => {};
watch('src', { recursive: true }, (_event, file) => {
  if (!file?.endsWith('.ts')) return;
  changes += 1;
  wake();
});

for (;;) {
  const built = changes;
  const failed = await ended(run('src/build.js'));
  const gateway = failed
    ? undefined
    : run('--enable-source-maps', 'dist/gateway/main.js', ...process.argv.slice(2));
  if (failed) process.stderr.write('The build failed; it runs again after the next change.\n');
  if (changes === built) await new Promise((resolve) => (wake = resolve));
  for (let seen = -1; seen !== changes;) {
    seen = changes;
    await wait(QUIET_MS);
  }
  // One that a signal ended has no exit code, and does not end again.
  if (gateway && gateway.exitCode === null && gateway.signalCode === null) {
    const end = ended(gateway);
    gateway.kill('SIGTERM');
    await end;
  }
}
