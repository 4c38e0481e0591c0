/**
 * The fence around the layers of docs/architecture.md. Each room may import the rooms to its left:
 *
 *   core <- {runbook, record, calendar} <- {engine, notify, config} <- domain rooms <- actions <- app <- commands
 *
 * Rooms in braces and sibling domain rooms do not import each other. test/tidy/fence.test.ts plants violations and sees
 * each of them found, because a checker that reads nothing also reports nothing.
 */
const domain = ['backup', 'rollout', 'updates', 'inspect', 'accounts', 'desk', 'report'];
const packages = '(^|/)node_modules/';

/** Packages whose loading a light command must not pay for. */
const heavy = [
  '@aws-sdk', '@inquirer', '@smithy', 'age-encryption', 'archiver', 'better-sqlite3', 'execa', 'kysely', 'ldapts', 'listr2', 'mysql2', 'node-ssh',
  'nodemailer', 'pg', 'ssh2', 'tar-stream',
];
const heavyPath = `(^|/)node_modules/(${heavy.join('|')})/`;

/** A room and what of src/ it may import besides itself; everything else of src/, and commands/, is forbidden. */
function room(name, mayImport) {
  const allowed = [`^src/${name}(/|\\.ts$)`, ...mayImport.map((other) => (other.includes('/') ? `^src/${other}` : `^src/${other}/`))];
  return {
    name: `layer-${name}`,
    severity: 'error',
    comment: `src/${name} may import only: ${['itself', ...mayImport].join(', ')}.`,
    from: { path: `^src/${name}/` },
    to: { path: '^(src|commands|bin|test)/', pathNot: allowed },
  };
}

const base = ['core', 'runbook', 'record', 'calendar'];
const ports = ['engine/ports\\.ts$', 'backup/ports\\.ts$', 'notify/ports\\.ts$', 'rollout/ports\\.ts$', 'inspect/ports\\.ts$', 'accounts/ports\\.ts$', 'runbook/types\\.ts$'];

module.exports = {
  forbidden: [
    room('core', []),
    room('runbook', ['core']),
    room('record', ['core']),
    room('calendar', ['core']),
    room('engine', base),
    room('notify', base),
    room('config', ['core', 'runbook', 'calendar']),
    room('cli', ['core', 'config', 'runbook/types\\.ts$', 'accounts/model\\.ts$']),
    room('connectors', ['core', ...ports]),
    ...domain.map((name) => room(name, [...base, 'engine', 'notify'])),
    room('actions', [...base, 'engine', 'notify', ...domain]),
    {
      name: 'core-is-bare',
      severity: 'error',
      comment: 'src/core uses node: modules only.',
      from: { path: '^src/core/' },
      to: { path: packages },
    },
    {
      name: 'connectors-types-only',
      severity: 'error',
      comment: 'A connector implements ports; of other rooms it takes types.',
      from: { path: '^src/connectors/' },
      to: { path: '^src/(engine|backup|notify|rollout|inspect|accounts|runbook)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-app-opens-connectors',
      severity: 'error',
      comment: 'Connectors are constructed by the composition root alone.',
      from: { path: '^(src|commands)/', pathNot: ['^src/app(/|\\.ts$)', '^src/connectors/'] },
      to: { path: '^src/connectors/' },
    },
    {
      name: 'app-is-lazy',
      severity: 'error',
      comment: 'The composition root loads rooms, and the services of src/app/, behind doors by import() on first use.',
      from: { path: '^src/app\\.ts$' },
      to: { path: '^src/(app|connectors|record|backup|notify|actions|config|engine)/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'connectors-are-lazy',
      severity: 'error',
      comment: 'A connector is loaded when its door is first opened.',
      from: { path: '^src/app/' },
      to: { path: '^src/connectors/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'commands-are-lazy',
      severity: 'error',
      comment: 'A command statically imports app, cli and core; a service comes from app or by import() in execute().',
      from: { path: '^commands/' },
      to: { path: '^src/', pathNot: '^src/(app(/|\\.ts$)|cli/|core/)', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'heavy-is-lazy',
      severity: 'error',
      comment: 'Heavy packages are loaded by import() when needed; only rooms that are themselves loaded lazily name them at the top.',
      from: { path: '^(commands|src/(core|runbook|config|cli|engine|calendar|actions)|src/app)(/|\\.ts$)' },
      to: { path: heavyPath, dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'engine-shows-nothing',
      severity: 'error',
      comment: 'The engine emits events; renderers are the business of src/cli.',
      from: { path: '^src/(engine|actions|backup|notify|record|runbook)/' },
      to: { path: '(^src/cli/|(^|/)node_modules/(@oclif|@inquirer|listr2|chalk)/)' },
    },
    {
      name: 'files-behind-doors',
      severity: 'error',
      comment: 'What a run does, tells and when it is due is decided without looking at the disk: the rooms beside do that for it.',
      from: { path: '^src/(engine|notify|calendar)/' },
      to: { path: '^(node:)?fs(/promises)?$', dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-commands',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(commands|bin|test)/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Modules that need each other cannot be understood, or loaded, one at a time.',
      from: { path: '^(src|commands)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-test-tools-in-product',
      severity: 'error',
      from: { path: '^(src|commands)/' },
      // ssh2 comes with node-ssh, and only its types are a development dependency.
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '(^|/)node_modules/ssh2/' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^(src|commands|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], pathNot: ['(^|/)node_modules/@types/', '(^|/)node_modules/ssh2/'] },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
