/** Who may import whom: the picture of docs/architecture.md as rules. */
const ours = (folder) => `^src/${folder}/`;
const OURS = '^src/';
/** What specs share; specs themselves are left out altogether. */
const FIXTURE = '\\.fixture\\.ts$';

/** A folder may import from the folders it lists, and from itself. */
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
    layer('domain', []),
    layer('config', ['domain']),
    layer('metrics', []),
    layer('audit', ['metrics', 'config', 'domain']),
    layer('upstream', ['metrics', 'audit', 'config', 'domain']),
    layer('settlement', ['metrics', 'upstream/index', 'audit', 'config', 'domain']),
    layer('http', ['metrics', 'audit', 'config', 'domain']),
    layer('health', ['settlement', 'metrics', 'upstream/index', 'audit', 'http', 'config', 'domain']),
    layer('docs', ['http']),
    layer('lists', ['upstream/index', 'http', 'config', 'domain']),
    layer('alarms', ['lists', 'upstream/index', 'http', 'config', 'domain']),
    layer('operations', [
      'alarms',
      'lists',
      'settlement',
      'metrics',
      'upstream/index',
      'audit',
      'http',
      'config',
      'domain',
    ]),
    layer('simulator', ['upstream/wire']),
    {
      name: 'api-imports',
      comment:
        'an api folder may import operations, alarms, lists, settlement, upstream/index, audit, http, config and domain, and never another api folder',
      severity: 'error',
      from: { path: '^src/api/([^/]+)/' },
      to: {
        path: OURS,
        pathNot: [
          '^src/api/$1/',
          ours('operations'),
          ours('alarms'),
          ours('lists'),
          ours('settlement'),
          ours('metrics'),
          '^src/upstream/index\\.ts$',
          ours('audit'),
          ours('http'),
          ours('config'),
          ours('domain'),
        ],
      },
    },
    {
      name: 'one-door-out',
      comment: 'only the transport opens sockets',
      severity: 'error',
      from: {
        path: OURS,
        pathNot: [
          '^src/upstream/transport\\.ts$',
          // These take node:net's reading of addresses, which opens nothing.
          '^src/domain/address-(?:range|bits)\\.ts$',
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
    // The build is not part of what it builds.
    exclude: { path: '\\.spec\\.ts$|^src/build\\.js$' },
  },
};
