import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, it } from '@jest/globals';

import { rereadAccess } from '../src/config/load-config.js';

const guide = readFileSync(fileURLToPath(new URL('../../docs/callers.md', import.meta.url)), 'utf8');

it('shows callers and issuers that the gateway takes', () => {
  const [, yaml = ''] = /^```yaml\n([^]*?)^```$/m.exec(guide) ?? [];
  const { callers, issuers = [] } = rereadAccess(yaml, ['prod'], false);
  expect(callers.map(({ id }) => id)).toEqual(['soc-portal', 'chat-bot']);
  expect(issuers.map(({ name }) => name)).toEqual(['corporate']);
});

it('names every problem that a credential can end in as the document does', () => {
  const document = readFileSync(
    fileURLToPath(new URL('../../openapi/gateway.json', import.meta.url)),
    'utf8',
  );
  const codes = [...guide.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code = '']) => code);
  const problems = codes.filter((code) => /_(?:key|caller|unavailable|failures|granted)$/.test(code));
  expect(problems.length).toBeGreaterThan(5);
  for (const code of problems) expect(document).toContain(`"code": "${code}"`);
});
