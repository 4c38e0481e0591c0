import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

const mib = 1024 * 1024;

/** Names that break programs which take names for text, for options or for shell words. */
export function hostileNames(): Buffer[] {
  const texts = [
    ' ',
    ' leading',
    'trailing ',
    '-',
    '--',
    '-rf',
    '-n x',
    '*',
    '?',
    '[a-z]',
    '~',
    '~root',
    '$HOME',
    '$(touch pwned)',
    '`touch pwned`',
    ';touch pwned',
    '|touch pwned',
    '&& touch pwned',
    '"',
    "'",
    `"'"'`,
    '\\',
    '\\\\',
    '\\n',
    '\\0134',
    '%s%n',
    '#',
    '# file: x',
    '=',
    ',',
    'a=b,c',
    'new\nline',
    '\n',
    'two\n\nlines\n',
    'tab\there',
    '\r',
    'cr\r\n',
    '\x01',
    '\x7f',
    '{a,b}',
    '!',
    '...',
    '..a',
    '.hidden',
    'a:b:c',
    '@0@',
    '附件',
    '公司通知（2026年）.docx',
    'é',
    'e\u0301',
    '\u{1f600}',
    'x'.repeat(255),
  ];
  const bytes = [
    [0xb8, 0xbd, 0xbc, 0xfe, 0x2e, 0x74, 0x78, 0x74], // GBK
    [0xff],
    [0xfe, 0xff],
    [0x80, 0x0a, 0x81],
    [0x61, 0xff, 0x62],
    [0x61, 0xfe, 0x62],
    Array.from({ length: 127 }, (_, i) => i + 1).filter((b) => b !== 0x2f),
    Array.from({ length: 128 }, (_, i) => i + 128),
  ];
  return [...texts.map((text) => Buffer.from(text)), ...bytes.map((list) => Buffer.from(list))];
}

export const isRoot = process.geteuid?.() === 0;

/** A tree with every kind of object, attribute and name that a restore must bring back. As root also devices and owners. */
export function makeHostileTree(root: string): void {
  mkdirSync(root, { recursive: true });
  const run = (command: string, ...args: (string | Buffer)[]) =>
    execFileSync(command, args as string[], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  const names = `${root}/names`;
  const deep = `${root}/folders`;
  mkdirSync(names);
  mkdirSync(deep);
  for (const [i, name] of hostileNames().entries()) {
    const at = (folder: string) => Buffer.concat([Buffer.from(`${folder}/`), name]);
    writeFileSync(at(names), `content ${i % 7}\n`);
    mkdirSync(at(deep));
    writeFileSync(Buffer.concat([at(deep), Buffer.from('/'), name]), '');
    symlinkSync(name, Buffer.concat([at(deep), Buffer.from('/link')]));
  }
  const file = (path: string, content: string | Buffer, mode = 0o644) => {
    writeFileSync(`${root}/${path}`, content);
    chmodSync(`${root}/${path}`, mode);
  };
  file('empty', '');
  file('setuid', 'x', 0o4755);
  file('none', 'no permissions', 0o000);
  file('write-only', 'w', 0o200);
  file('big', randomBytes(11 * mib + 777));
  file('zeros', Buffer.alloc(9 * mib));
  file('small zeros', Buffer.alloc(20_000));
  file('half zeros', Buffer.concat([randomBytes(mib), Buffer.alloc(9 * mib), randomBytes(5)]));
  for (let i = 0; i < 30; i++) file(`copy ${i}`, 'the same content in many files\n');
  mkdirSync(`${root}/a/b/c/empty`, { recursive: true });
  mkdirSync(`${root}/locked/inner`, { recursive: true });
  file('locked/inner/file', 'inside');
  mkdirSync(`${root}/${'d'.repeat(200)}/${'e'.repeat(200)}`, { recursive: true });
  file(`${'d'.repeat(200)}/${'e'.repeat(200)}/long`, 'deep');
  // a.b sorts between a and a/... when the slash is not the lowest byte.
  file('a.b', 'dot');
  file('a-b', 'dash');
  file('a b', 'space');

  for (const [path, size, marks] of [
    ['sparse', 30 * mib, [0, 12 * mib, 29 * mib]],
    ['sparse small', mib, [65_536]],
    ['all hole', 5 * mib, []],
  ] as const) {
    const fd = openSync(`${root}/${path}`, 'w');
    ftruncateSync(fd, size);
    for (const mark of marks) writeSync(fd, 'data', mark);
    closeSync(fd);
  }
  linkSync(`${root}/big`, `${root}/a/big again`);
  linkSync(`${root}/empty`, `${root}/z empty again`);
  linkSync(`${root}/copy 3`, `${root}/a/b/copy linked`);
  symlinkSync('/etc', `${root}/absolute link`);
  symlinkSync('../../..', `${root}/up link`);
  symlinkSync('a/missing', `${root}/dangling`);
  linkSync(`${root}/up link`, `${root}/up link too`);
  symlinkSync('x'.repeat(1000), `${root}/long link`);
  run('mkfifo', '-m', '0640', 'fifo');
  linkSync(`${root}/fifo`, `${root}/fifo too`);

  run('touch', '-d', '@1.000000001', 'a.b');
  run('touch', '-d', '@-86400.5', 'a-b');
  run('touch', '-d', '@4102444800.999999999', 'a b');
  run('touch', '-h', '-d', '@1234567890.987654321', 'dangling');
  run('touch', '-h', '-d', '@1234567890.000000007', 'up link');
  run('touch', '-d', '@1111111111.111111111', 'fifo');
  run('setfattr', '-n', 'user.plain', '-v', 'value', 'a b');
  run('setfattr', '-n', 'user.empty', 'a b');
  run('setfattr', '-n', 'user.a=b,c\n"x"', '-v', '0x000aff22', 'empty');
  run('setfattr', '-n', 'user.folder', '-v', 'f', 'a');
  run('setfattr', '-n', 'user.large', '-v', `0x${'5a'.repeat(3000)}`, 'copy 1');
  run('setfacl', '-m', 'u:1234:r,g:4321:rw', 'copy 2');
  run('setfacl', '-m', 'u:1234:rwx,d:u:1234:rx,d:g::-', 'a/b');
  // setfacl and chmod change each other's bits.
  for (const [name, mode] of [
    ['acl setuid', 0o4070],
    ['acl setgid', 0o2755],
  ] as const) {
    file(name, 'x');
    run('setfacl', '-m', 'u:0:rwx', name);
    chmodSync(`${root}/${name}`, mode);
  }
  mkdirSync(`${root}/acl folder`);
  run('setfacl', '-m', 'u:1234:rwx,d:u:1234:rx', 'acl folder');
  chmodSync(`${root}/acl folder`, 0o3775);
  run('setfattr', '-n', 'user.odd', '-v', 'x', `${root}/names/-rf`);
  run('setfacl', '-m', 'u:77:r', Buffer.from('./names/new\nline').toString());
  if (isRoot) {
    run('mknod', '-m', '0600', 'block', 'b', '259', '70000');
    run('mknod', '-m', '0666', 'char', 'c', '1', '3');
    run('chown', '-h', '1234:4321', 'dangling', 'a.b', 'locked', 'fifo');
    run('chown', '4294967290:3000000', 'copy 4');
    run('chown', '1234:4321', 'setuid');
    chmodSync(`${root}/setuid`, 0o6755);
    run('setfattr', '-n', 'trusted.mark', '-v', 't', 'copy 5');
    run('setfattr', '-h', '-n', 'trusted.mark', '-v', 'link', 'dangling');
    // cap_net_bind_service=ep
    run('setfattr', '-n', 'security.capability', '-v', '0x0100000200040000000000000000000000000000', 'copy 6');
  }
  chmodSync(`${root}/a/b/c/empty`, 0o1777);
  chmodSync(`${root}/locked/inner`, 0o500);
  chmodSync(`${root}/locked`, 0o500);
  run('touch', '-d', '@1000000000.123456789', 'locked/inner');
  run('touch', '-d', '@1000000001.5', 'locked', 'names', 'a/b', '.');
}
