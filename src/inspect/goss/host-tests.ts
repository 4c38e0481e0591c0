import { type Attributes, type Draft, patternsOf } from './attributes.ts';

/** Members that are undefined taken out, and lists without items. */
export function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

export type Convert = (name: string, attributes: Attributes) => Draft[];

const packageTest: Convert = (name, attributes) => {
  const installed = attributes.flag('installed') ?? true;
  const versions = attributes.list('versions')?.items;
  return [{ check: 'package', with: given({ name, installed, versions: installed ? versions : undefined }) }];
};

const serviceTest: Convert = (key, attributes) => {
  const name = attributes.text('name') ?? key;
  const running = attributes.flag('running');
  const enabled = attributes.flag('enabled');
  if (running === undefined) attributes.note('it says nothing about "running"; here the service must run');
  if (running === false) attributes.note('here the service must exist, even if it does not run');
  return [{ check: 'service', with: given({ name, state: running === false ? 'stopped' : 'running', enabled }) }];
};

const fileTypes: Readonly<Record<string, string>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'link',
  socket: 'socket',
  pipe: 'pipe',
  'block-device': 'block',
  'character-device': 'character',
};

const fileTest: Convert = (key, attributes) => {
  const path = attributes.text('path') ?? key;
  if (attributes.flag('exists') === false) {
    attributes.ignore('contents', 'contains');
    return [{ check: 'file', with: { path, exists: false } }];
  }
  const filetype = attributes.text('filetype');
  const type = filetype === undefined ? undefined : fileTypes[filetype];
  if (filetype !== undefined && type === undefined) attributes.note(`the type ${filetype} is left out`);
  const size = attributes.number('size');
  const items = ['contents', 'contains'].flatMap(
    (name) => attributes.list(name, ['contain-elements', 'and'])?.items ?? [],
  );
  const { contains, absent, matches } = patternsOf(items, attributes);
  for (const pattern of matches) attributes.note(`the pattern /${pattern}/ is left out`);
  return [
    {
      check: 'file',
      with: given({
        path,
        type,
        follow: type === 'link' ? false : undefined,
        mode: attributes.text('mode'),
        owner: attributes.text('owner') ?? attributes.text('uid'),
        group: attributes.text('group') ?? attributes.text('gid'),
        sha256: attributes.text('sha256'),
        minSize: size,
        maxSize: size,
        contains,
        lacks: absent,
      }),
    },
  ];
};

const portTest: Convert = (name, attributes) => {
  const match = /^(?:(tcp|udp)(6)?:)?(\d+)$/.exec(attributes.text('port') ?? name);
  const listening = attributes.flag('listening') ?? true;
  const ip = attributes.list('ip', ['contain-elements', 'consist-of', 'contain-element'])?.items ?? [];
  if (!match) {
    attributes.note('a port that is not understood is left out');
    return [];
  }
  const [, protocol, six, port] = match;
  if (six !== undefined) attributes.note('here IPv4 and IPv6 are not told apart');
  const end = protocol === 'udp' ? '/udp' : '';
  const specs = ip.map((address) =>
    ['0.0.0.0', '::', '*'].includes(address)
      ? `*:${port}${end}`
      : `${address.includes(':') ? `[${address}]` : address}:${port}${end}`,
  );
  const list = listening && specs.length > 0 ? specs : [`${port}${end}`];
  return [{ check: 'listening', with: { [listening ? 'open' : 'closed']: list } }];
};

const processTest: Convert = (key, attributes) => {
  const name = attributes.text('comm') ?? key;
  const running = attributes.flag('running') ?? true;
  return [{ check: 'processes', with: running ? { name } : { name, min: 0, max: 0 } }];
};

const userTest: Convert = (key, attributes) => {
  const name = attributes.text('username') ?? key;
  if (attributes.flag('exists') === false) return [{ check: 'user', with: { name, exists: false } }];
  return [
    {
      check: 'user',
      with: given({
        name,
        uid: attributes.number('uid'),
        gid: attributes.number('gid'),
        groups: attributes.list('groups', ['contain-elements', 'contain-element'])?.items,
        home: attributes.text('home'),
        shell: attributes.text('shell'),
      }),
    },
  ];
};

const groupTest: Convert = (key, attributes) => {
  const name = attributes.text('groupname') ?? key;
  if (attributes.flag('exists') === false) return [{ check: 'group', with: { name, exists: false } }];
  return [{ check: 'group', with: given({ name, gid: attributes.number('gid') }) }];
};

const commandTest: Convert = (key, attributes) => {
  const exec = attributes.text('exec') ?? key;
  const items = attributes.list('stdout', ['contain-elements', 'and'])?.items ?? [];
  const patterns = patternsOf(items, attributes);
  const timeoutMs = attributes.number('timeout');
  const code = attributes.number('exit-status') ?? 0;
  return [
    {
      check: 'command',
      with: given({ argv: ['sh', '-c', exec], exitCodes: code === 0 ? undefined : [code], ...patterns }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
  ];
};

const mountTest: Convert = (key, attributes) => {
  const path = attributes.text('mountpoint') ?? key;
  attributes.ignore('timeout');
  if (attributes.flag('exists') === false) {
    attributes.note('that something is not mounted cannot be checked here, and is left out');
    return [];
  }
  const mount = given({
    path,
    type: attributes.text('filesystem'),
    source: attributes.text('source'),
    options: attributes.list('opts', ['contain-elements', 'contain-element'])?.items,
  });
  const usage = attributes.raw('usage');
  const below = usage !== null && typeof usage === 'object' ? (usage as Record<string, unknown>)['lt'] : undefined;
  if (usage !== undefined && typeof below !== 'number') attributes.leaveOut('usage');
  return [
    { check: 'mounts', with: { expected: [mount], fstab: false, readOnly: false } },
    ...(typeof below === 'number'
      ? [{ check: 'disk', with: { paths: [path], warn: `@${below}:`, fail: `@${below}:` } }]
      : []),
  ];
};

const kernelTest: Convert = (key, attributes) => {
  const name = attributes.text('key') ?? key;
  const value = attributes.text('value');
  return value === undefined ? [] : [{ check: 'sysctl', with: { values: { [name]: value } } }];
};

const interfaceTest: Convert = (key, attributes) => {
  const name = attributes.text('name') ?? key;
  if (attributes.flag('exists') === false) return [{ check: 'interface', with: { name, exists: false } }];
  return [
    {
      check: 'interface',
      with: given({
        name,
        link: 'any',
        addresses: attributes.list('addrs', ['contain-elements', 'contain-element'])?.items,
        mtu: attributes.number('mtu'),
      }),
    },
  ];
};

export const hostTests: Readonly<Record<string, Convert>> = {
  package: packageTest,
  service: serviceTest,
  file: fileTest,
  port: portTest,
  process: processTest,
  user: userTest,
  group: groupTest,
  command: commandTest,
  mount: mountTest,
  'kernel-param': kernelTest,
  interface: interfaceTest,
};
