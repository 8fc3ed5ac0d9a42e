import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { PLAIN_VARIABLES, SECRET_VARIABLES } from '../src/config/environment.js';
import { loadConfig, rereadAccess } from '../src/config/load-config.js';
import { configJsonSchema, withReference } from '../src/config/reference.js';
import { DEMO_REQUEST } from '../src/cli/demo-mode.js';
import { KNOWN_OUTCOMES } from '../src/domain/outcome.js';
import { OPERATION_TYPE_NAMES } from '../src/domain/operation-type.js';
import { WEBHOOK_SECRET } from './support/webhook-receiver.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const readme = read('README.md');

/** The words in backquotes in the first column of the table that follows a heading. */
function firstColumn(heading: string, document = readme): string[] {
  return tableAfter(heading, document).flatMap(([cell = '']) => quoted(cell));
}

function tableAfter(heading: string, document = readme): string[][] {
  const table = new RegExp(`^${heading}\n(?:(?!\\|).*\n)*((?:\\|.*\n)+)`, 'm').exec(document)?.[1];
  if (table === undefined) throw new Error(`no table after ${heading}`);
  const [, , ...rows] = table.trim().split('\n');
  return rows.map((row) => row.slice(1, -1).split('|'));
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  );
}

describe('the reference of the configuration', () => {
  const reference = read('docs/configuration.md');

  it('has every variable that the gateway reads, and no other', () => {
    const known = [...PLAIN_VARIABLES, ...SECRET_VARIABLES];
    expect(firstColumn('## Variables', reference).sort()).toEqual(known.sort());
  });

  it('is what the schema makes of it', () => {
    expect(withReference(reference)).toBe(reference);
  });

  it('goes with a JSON Schema that is as fresh', () => {
    expect(JSON.parse(read('openapi/config.schema.json'))).toEqual(configJsonSchema());
  });
});

describe('the README', () => {
  it('has a reason for every production dependency, and names no other', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    expect(firstColumn('## Dependencies').sort()).toEqual(Object.keys(dependencies).sort());
  });

  it('names no command that there is not', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?((?!ci\b|run\b)[a-z][\w:-]*)/g)].map(
      ([, name = '']) => name,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('has every operation type and every outcome', () => {
    for (const name of OPERATION_TYPE_NAMES) expect(readme).toContain(`\`${name}\``);
    expect(firstColumn('### What an answer means')).toEqual([...KNOWN_OUTCOMES]);
  });

  it('has no problem code that the gateway does not use', () => {
    const document = read('openapi/gateway.json');
    const codes = tableAfter('\\| HTTP \\|.*').flatMap((cells) => quoted(cells[2] ?? ''));
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !document.includes(`"code": "${code}"`))).toEqual([]);
  });

  it('shows the request of the demo', () => {
    const body = /^ {2}-d '(.*)'$/m.exec(readme)?.[1];
    expect(JSON.parse(body ?? '')).toEqual(DEMO_REQUEST);
  });

  it('shows callers, and names an example, that the gateway takes', () => {
    const [callers = ''] = blocks('yaml');
    const shown = rereadAccess(callers, ['prod'], false).callers;
    expect(shown.map(({ id }) => id)).toEqual(['soc-portal', 'chat-bot']);
    const yaml = read('gateway.example.yaml');
    const environment = {
      GATEWAY_CONFIG: 'gateway.yaml',
      IAM_DOMAIN_NAME: 'd',
      IAM_USER_NAME: 'u',
      IAM_PASSWORD: 'p',
    };
    const files = new Map([
      ['gateway.yaml', yaml],
      ['/run/secrets/siem', WEBHOOK_SECRET],
    ]);
    const readFile = (path: string): string => files.get(path) ?? 'secret';
    const { projects, callers: known } = loadConfig({ environment, readFile });
    expect([...projects.keys()]).toEqual(['prod', 'staging']);
    expect(known.map(({ id }) => id)).toEqual(['soc-portal', 'chat-bot']);
  });
});

describe('the documents', () => {
  it('say how many items one request may have, where nothing else is configured', () => {
    const { limits } = loadConfig({
      environment: { GATEWAY_DEMO: '1' },
      readFile: () => '',
    });
    const most = limits.alarmsPerRequest.toLocaleString('en-US');
    expect(read('docs/lists.md')).toContain(`up to ${most} in a request`);
    const told = [...read('openapi/gateway.json').matchAll(/each once, at most ([\d,]+)/g)];
    expect(told.length).toBeGreaterThan(3);
    expect(new Set(told.map(([, number]) => number))).toEqual(new Set([most]));
  });

  const documents = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'].concat(
    (readdirSync(join(ROOT, 'docs'), { recursive: true }) as string[])
      .filter((file) => file.endsWith('.md'))
      .map((file) => join('docs', file)),
  );

  it.each(documents)('%s leads nowhere that does not exist', (document) => {
    const text = read(document);
    const links = [...text.matchAll(/\]\(((?!https:)[^)#]+)/g)].map(([, link = '']) =>
      join(dirname(document), link),
    );
    // Paths are written from the root, or from `src` or `test` in the document that maps them. A fence is no pair of backquotes.
    const words = quoted(text.replaceAll(/^ *```[^]*?^ *```$/gm, ''));
    const paths = words.filter((word) =>
      /^[\w./-]+\/[\w.-]+\.(?:ts|md|json|yaml|js)$|^(?!application\/)\w[\w./-]*\/$/.test(word),
    );
    const missing = [...links, ...paths].filter((path) =>
      ['', 'src', 'test'].every((base) => !existsSync(join(ROOT, base, path))),
    );
    expect(missing).toEqual([]);
  });
});
