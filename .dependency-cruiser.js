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
    layer('problems', ['domain']),
    layer('config', ['domain']),
    layer('metrics', []),
    layer('audit', ['problems', 'metrics', 'config', 'domain']),
    layer('logging', ['config', 'domain']),
    layer('hss', ['problems', 'upstream', 'config', 'domain']),
    layer('upstream', ['problems', 'metrics', 'config', 'domain']),
    layer('http', ['problems', 'metrics', 'audit', 'config', 'domain', 'compat']),
    layer('health', [
      'problems',
      'operations/settlement',
      'metrics',
      'upstream/index',
      'audit',
      'http',
      'config',
      'domain',
    ]),
    layer('docs', ['problems', 'http', 'compat']),
    layer('lists', ['problems', 'hss/index', 'upstream/index', 'http', 'config', 'domain', 'audit', 'operations']),
    layer('alarms', ['problems', 'lists', 'hss/index', 'upstream/index', 'http', 'config', 'domain', 'operations']),
    layer('operations', [
      'problems',
      'alarms',
      'lists',
      'metrics',
      'hss/index',
      'upstream/index',
      'audit',
      'http',
      'config',
      'domain',
    ]),
    layer('compat', ['problems', 'operations', 'hss/index', 'upstream/index', 'audit', 'http', 'config', 'domain']),
    layer('brakes', ['problems', 'operations', 'audit', 'http', 'config', 'domain']),
    layer('me', ['problems', 'http', 'config', 'domain']),
    layer('catalog', ['problems', 'http', 'domain']),
    layer('simulator', ['upstream/wire']),
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
    // The build is not part of what it builds.
    exclude: { path: '\\.spec\\.ts$|^src/build\\.js$' },
  },
};
