import { rmSync } from 'node:fs';

import { TEMPLATES } from './templates.js';

/** Is called by jest after the tests. */
export default function removeTemplates(): void {
  const folder = process.env[TEMPLATES];
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
