import type { Trouble } from '../upstream/index.js';
import type { UnservedProjectDto } from './health.dto.js';

/** Why a project is not served, in the words of /readyz. */
const WORDS: Readonly<Record<Trouble, string>> = {
  refused: 'its credentials are refused',
  unusable: 'the credentials that it is given cannot be used',
  project_unknown: 'IAM does not say which project is meant',
  throttled: 'IAM has too many logins at the moment',
  unavailable: 'no credentials can be had at the moment',
};

/** What passes by itself is no reason to send callers elsewhere: they would fare no better there. */
const PASSES: ReadonlySet<Trouble> = new Set(['throttled', 'unavailable']);

type Troubles = ReadonlyMap<string, Trouble | undefined>;

/** The projects that are not served at the moment, and why. */
export function unservedIn(troubles: Troubles): UnservedProjectDto[] {
  return [...troubles].flatMap(([project, reason]) => (reason ? [{ project, reason }] : []));
}

/** Why nothing can be served at all: not one of the projects, and not because of what passes by itself. */
export function hopeless(troubles: Troubles): string | undefined {
  const lost = unservedIn(troubles).filter(({ reason }) => !PASSES.has(reason));
  if (lost.length === 0 || lost.length < troubles.size) return undefined;
  return `No project can be served: ${lost.map(({ project, reason }) => `${project} (${WORDS[reason]})`).join(', ')}.`;
}
