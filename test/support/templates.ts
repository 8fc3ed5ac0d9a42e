import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names the folder in which tests of one run leave for each other what takes long to make; unset outside of a run. */
export const TEMPLATES = 'HSS_GATEWAY_TEST_TEMPLATES';

/** Is called by jest before the tests. */
export default function makeTemplates(): void {
  process.env[TEMPLATES] = mkdtempSync(join(tmpdir(), 'hss-gateway-templates-'));
}
