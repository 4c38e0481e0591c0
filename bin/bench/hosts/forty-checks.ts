/** An inspection of 40 checks that any Linux host passes, and a playbook by which Ansible finds out the same. */

const services = ['ssh', 'cron', 'nginx', 'slapd', 'rsync', 'postgresql'];
const parameters = [
  'net.ipv4.ip_forward',
  'vm.swappiness',
  'kernel.pid_max',
  'fs.file-max',
  'net.core.somaxconn',
  'vm.dirty_ratio',
];
const packages = ['bash', 'coreutils', 'openssl', 'tar', 'gzip', 'sed'];
const users = ['root', 'daemon', 'bin', 'sys'];
const groups = ['root', 'daemon'];
const commands = ['uname', 'hostname', 'date', 'id', 'pwd', 'whoami', 'nproc', 'arch'];

/** `place`: `targets: all` with the inventory, or nothing for the local machine. */
export function fortyChecks(place: { inventory?: string }): string {
  const check = (id: string, type: string, args: object = {}) => ({ id, check: type, with: args });
  const checks = [
    // So high that a busy machine passes: what is measured is the asking.
    check('load', 'load', { warn: 1000, fail: 1000 }),
    check('memory', 'memory', { warn: 100, fail: 100 }),
    check('swap', 'swap', { warn: 100, fail: 100 }),
    check('disk', 'disk', { warn: 100, fail: 100 }),
    check('inodes', 'disk', { what: 'inodes', warn: 100, fail: 100 }),
    check('uptime', 'uptime', { min: '1s' }),
    check('reboot', 'reboot'),
    check('clock', 'clock', { warn: 1000, fail: 1000, synchronised: 'ignored' }),
    ...services.map((name) => check(`service-${name}`, 'service', { name, state: 'stopped' })),
    ...parameters.map((name) =>
      check(`sysctl-${name.replaceAll('.', '-')}`, 'sysctl', { values: { [name]: { min: 0 } } }),
    ),
    ...packages.map((name) => check(`package-${name}`, 'package', { name })),
    ...users.map((name) => check(`user-${name}`, 'user', { name })),
    ...groups.map((name) => check(`group-${name}`, 'group', { name })),
    ...commands.map((name) => check(`command-${name}`, 'command', { argv: [name] })),
  ];
  const runbook = {
    apiVersion: 'oaops/v1',
    kind: 'Inspection',
    metadata: { name: 'forty', version: '1.0.0', title: { en: 'Forty checks', 'zh-CN': '四十项' }, owner: 'bench' },
    spec: {
      ...(place.inventory === undefined ? {} : { inventory: place.inventory }),
      sections: [{ id: 'hosts', ...(place.inventory === undefined ? {} : { targets: ['all'] }), checks }],
    },
  };
  // JSON is YAML.
  return `${JSON.stringify(runbook, null, 1)}\n`;
}

/** The facts that Ansible gathers by itself hold load, memory, disks, uptime and clock; services and packages are facts of a module each. */
export function fortyFacts(): string {
  const task = (name: string, module: string, args: object) => ({ name, [module]: args });
  const play = {
    hosts: 'all',
    gather_facts: true,
    tasks: [
      task('services', 'ansible.builtin.service_facts', {}),
      task('packages', 'ansible.builtin.package_facts', {}),
      task('users', 'ansible.builtin.getent', { database: 'passwd' }),
      task('groups', 'ansible.builtin.getent', { database: 'group' }),
      task('inodes', 'ansible.builtin.command', { argv: ['df', '-P', '-i'] }),
      task('parameters', 'ansible.builtin.command', { argv: ['/sbin/sysctl', '-n', ...parameters] }),
      ...commands.map((name) => task(name, 'ansible.builtin.command', { argv: [name] })),
    ],
  };
  return `${JSON.stringify([play], null, 1)}\n`;
}
