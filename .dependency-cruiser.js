/** Who may import whom: the table of docs/architecture.md as rules. `test/architecture.spec.ts` holds the two together. */
const ours = (folder) => `^src/${folder}/`;
const OURS = '^src/';
/** What specs share; specs themselves are left out altogether. */
const FIXTURE = '\\.fixture\\.ts$';

/** A folder may import from the folders and entrances it lists, and from itself. */
export const IMPORTS = {
  domain: [],
  metrics: [],
  problems: ['domain'],
  config: ['domain'],
  logging: ['config', 'domain'],
  audit: ['problems', 'metrics', 'config', 'domain'],
  upstream: ['problems', 'metrics', 'config', 'domain'],
  hss: ['problems', 'upstream', 'config', 'domain'],
  validation: ['problems', 'domain'],
  access: ['problems', 'metrics', 'audit/index', 'config', 'domain'],
  http: ['problems', 'validation', 'access', 'metrics', 'audit/index', 'config', 'domain'],
  docs: ['problems', 'validation', 'compat/calls', 'hss/index', 'http', 'domain'],
  health: [
    'problems',
    'operations/settlement',
    'metrics',
    'upstream/index',
    'audit/index',
    'http',
    'config',
    'domain',
  ],
  lists: [
    'problems',
    'validation',
    'access',
    'operations',
    'hss/index',
    'upstream/index',
    'audit/index',
    'http',
    'config',
    'domain',
  ],
  alarms: [
    'problems',
    'validation',
    'access',
    'lists',
    'hss/index',
    'upstream/index',
    'http',
    'config',
    'domain',
  ],
  operations: [
    'problems',
    'validation',
    'access',
    'alarms',
    'lists',
    'hss/index',
    'upstream/index',
    'metrics',
    'audit/index',
    'http',
    'config',
    'domain',
  ],
  compat: [
    'problems',
    'validation',
    'access',
    'lists',
    'operations',
    'hss/index',
    'upstream/index',
    'audit/index',
    'http',
    'config',
    'domain',
  ],
  sinks: ['audit/index', 'config', 'domain'],
  brakes: ['problems', 'validation', 'audit/index', 'http', 'domain'],
  evidence: [
    'problems',
    'validation',
    'access',
    'lists',
    'operations/receipts',
    'audit/index',
    'http',
    'domain',
  ],
  me: ['problems', 'validation', 'http', 'config', 'domain'],
  catalog: ['validation', 'http', 'domain'],
  simulator: ['hss/wire'],
  cli: ['app', 'start', 'docs', 'http', 'audit/index', 'audit/program', 'config', 'simulator'],
};

/** One folder per resource of the API: everything but what receives the request speaks no HTTP. */
export const RESOURCES = ['operations', 'alarms', 'lists', 'compat', 'brakes', 'evidence', 'me', 'catalog'];
const RECEIVES = '\\.(controller|dto|module|pipe)\\.ts$';

const layer = (folder, allowed) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import only from ${[folder, ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: ours(folder) },
  to: { path: OURS, pathNot: [folder, ...allowed].map((name) => `^src/${name}(/|\\.)`) },
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'under ESM a cycle between two injectables crashes at load',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...Object.entries(IMPORTS).map(([folder, allowed]) => layer(folder, allowed)),
    {
      name: 'receiving-files',
      comment: 'in a resource folder only controllers, DTOs, pipes and modules import src/http',
      severity: 'error',
      from: { path: RESOURCES.map(ours), pathNot: RECEIVES },
      to: { path: ours('http') },
    },
    {
      name: 'one-door-out',
      comment: 'only the transport opens sockets',
      severity: 'error',
      from: {
        path: OURS,
        pathNot: [
          '^src/upstream/transport\\.ts$',
          // This takes node:net's reading of addresses, which opens nothing.
          '^src/domain/address-range\\.ts$',
          ours('simulator'),
          '\\.spec\\.ts$',
        ],
      },
      to: {
        path: '^(axios|undici|(node:)?(http|http2|https|net|tls|dgram)$)|node_modules/(axios|undici)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'fixtures-for-specs',
      comment: 'what was made for specs is no part of the program',
      severity: 'error',
      from: { path: OURS, pathNot: FIXTURE },
      to: { path: FIXTURE },
    },
    {
      name: 'declared-dependencies',
      comment:
        'what runs in production is installed in production: neither a dev dependency nor a guest of another package',
      severity: 'error',
      from: { path: OURS, pathNot: FIXTURE },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    // The build and the watcher are not part of what they build.
    exclude: { path: '\\.spec\\.ts$|^src/(build|bundle|dev)\\.js$' },
  },
};
