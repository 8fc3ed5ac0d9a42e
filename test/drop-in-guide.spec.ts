import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { FAMILY_CALLS, IAM_CALLS } from '../src/compat/calls.js';
import { SECRET_MEMBERS } from '../src/compat/secret-members.js';
import { answerOf } from '../src/http/upstream-problem.js';
import { exampleOf, PROBLEMS, type ProblemCode } from '../src/problems/catalogue.js';

const guide = readFileSync(new URL('../../docs/drop-in.md', import.meta.url), 'utf8');
const rows = guide
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('docs/drop-in.md', () => {
  it('has every call that is offered, by its route, and no other', () => {
    const offered = [...FAMILY_CALLS.filter(({ offer }) => offer.kind !== 'none'), ...IAM_CALLS].map(
      ({ name, method, path }) => `${name} \`${method} ${path}\``,
    );
    const shown = rows.flatMap(([, name, route]) =>
      /^`[A-Z]+ /.test(route ?? '') ? [`${name} ${route}`] : [],
    );
    expect(shown.sort()).toEqual(offered.sort());
  });

  it('names the operation of every call that acts', () => {
    for (const { name, offer } of FAMILY_CALLS) {
      if (offer.kind !== 'change' && offer.kind !== 'batch') continue;
      const [, , , right = ''] = rows.find((cells) => cells[1] === name) ?? [];
      expect([name, right]).toEqual([name, expect.stringContaining(`\`${offer.operation}\``)]);
      if ('all' in offer) expect([name, right]).toEqual([name, expect.stringContaining(`\`${offer.all}\``)]);
    }
  });

  it('lists the members that are left out', () => {
    const [, list = ''] = /left out at any depth: ([^.]+)\./.exec(guide) ?? [];
    expect([...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual([...SECRET_MEMBERS]);
  });

  it('has five lines of code each for five clients', () => {
    const blocks = [...guide.matchAll(/```(python|go|java|js|hcl)\n([\s\S]*?)```/g)];
    expect(blocks.map(([, language]) => language)).toEqual(['python', 'go', 'java', 'js', 'hcl']);
    for (const [, language, code] of blocks) {
      expect([language, (code ?? '').trim().split('\n').length]).toEqual([language, 5]);
    }
  });

  it('has the code and status of every refusal of the gateway’s own', () => {
    const [, refusals = ''] = guide.split("## The gateway's own refusals");
    for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
      for (const url of ['/v5/p/event/operate', '/v3/auth/tokens']) {
        const { status, body } = answerOf(exampleOf(code), 'r', url);
        const { error_code: named } = JSON.parse(body) as { error_code: string };
        expect([code, named, refusals.includes(named)]).toEqual([code, named, true]);
        expect([code, status, new RegExp(`\\b${status}\\b`).test(refusals)]).toEqual([code, status, true]);
      }
    }
  });
});
