import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openApp } from '../../../src/app.ts';
import { importGoss } from '../../../src/inspect/goss/import.ts';
import { checkText } from '../../../src/runbook/load.ts';
import { makeCheck } from '../../helpers/probe.ts';

const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const catalogue = await app.catalogue();

interface Check {
  id: string;
  name?: string;
  check: string;
  with: Record<string, unknown>;
  timeout?: string;
}

/** The checks of a gossfile, in a runbook that has no finding, and its notes. */
function taken(text: string): { checks: Check[]; notes: string[] } {
  const { runbook, notes } = importGoss(text, 'web-server');
  expect(checkText(runbook, 'goss.yaml', { catalogue }).findings).toEqual([]);
  const { spec, metadata } = parse(runbook) as {
    spec: { sections: { checks: Check[] }[] };
    metadata: { name: string };
  };
  expect(metadata.name).toBe('web-server');
  return { checks: spec.sections.flatMap(({ checks }) => checks), notes };
}
const shown = ({ id, check, with: args }: Check) => `${id} ${check} ${JSON.stringify(args)}`;

test('what "goss autoadd" writes of a web server', () => {
  const { checks, notes } = taken(`package:
  nginx:
    installed: true
    versions:
    - 1.22.1-9
port:
  tcp:80:
    listening: true
    ip:
    - 0.0.0.0
  tcp6:80:
    listening: true
    ip: ["::"]
service:
  nginx:
    enabled: true
    running: true
process:
  nginx:
    running: true
`);
  expect(checks.map(shown)).toEqual([
    'package-nginx package {"name":"nginx","installed":true,"versions":["1.22.1-9"]}',
    'port-tcp-80 listening {"open":["*:80"]}',
    'port-tcp6-80 listening {"open":["*:80"]}',
    'service-nginx service {"name":"nginx","state":"running","enabled":true}',
    'process-nginx processes {"name":"nginx"}',
  ]);
  expect(notes).toEqual(['port tcp6:80: here IPv4 and IPv6 are not told apart']);
});

const cases: [name: string, text: string, checks: string[], notes: string[]][] = [
  [
    'package',
    `package: {telnet: {installed: false}, kernel: {installed: true, versions: {and: [{have-len: 3}]}}}`,
    [
      'package-telnet package {"name":"telnet","installed":false}',
      'package-kernel package {"name":"kernel","installed":true}',
    ],
    ['package kernel: "versions" has a value that is not understood, and is left out'],
  ],
  [
    'service',
    `service: {sshd: {enabled: true}, telnet: {enabled: false, running: false, runlevels: ["3"]}}`,
    [
      'service-sshd service {"name":"sshd","state":"running","enabled":true}',
      'service-telnet service {"name":"telnet","state":"stopped","enabled":false}',
    ],
    [
      'service sshd: it says nothing about "running"; here the service must run',
      'service telnet: here the service must exist, even if it does not run',
      'service telnet: "runlevels" is left out',
    ],
  ],
  [
    'file',
    `file:
  /etc/passwd:
    exists: true
    mode: "0644"
    size: 2118
    owner: root
    group: root
    filetype: file
    contents: ["root:", "!toor", '/^root:/', '\\!odd']
    md5: 7c9bb14b3bf178e82c00c2a4398c93cd
    sha256: 7f78ce27859049f725936f7b52c6e25d774012947d915e7b394402cfceb70c4c
  /usr/sbin/sendmail:
    filetype: symlink
    linked-to: /usr/sbin/sendmail.sendmail
  /tmp/gone:
    exists: false
    contents: []`,
    [
      'file-etc-passwd file {"path":"/etc/passwd","type":"file","mode":"0644","owner":"root","group":"root","sha256":"7f78ce27859049f725936f7b52c6e25d774012947d915e7b394402cfceb70c4c","minSize":2118,"maxSize":2118,"contains":["root:","!odd"],"lacks":["toor"]}',
      'file-usr-sbin-sendmail file {"path":"/usr/sbin/sendmail","type":"link","follow":false}',
      'file-tmp-gone file {"path":"/tmp/gone","exists":false}',
    ],
    [
      'file /etc/passwd: the pattern /^root:/ is left out',
      'file /etc/passwd: "md5" is left out',
      'file /usr/sbin/sendmail: "linked-to" is left out',
    ],
  ],
  [
    'port',
    `port: {"tcp:22": {listening: true, ip: [127.0.0.1, "::1"]}, "udp:68": {listening: true}, "tcp:9999": {listening: false, ip: []}, odd: {listening: true}}`,
    [
      'port-tcp-22 listening {"open":["127.0.0.1:22","[::1]:22"]}',
      'port-udp-68 listening {"open":["68/udp"]}',
      'port-tcp-9999 listening {"closed":["9999"]}',
    ],
    ['port odd: a port that is not understood is left out'],
  ],
  [
    'process',
    `process: {chrome: {running: false}}`,
    ['process-chrome processes {"name":"chrome","min":0,"max":0}'],
    [],
  ],
  [
    'user and group',
    `user:
  sshd:
    title: UID must be between 50 and 100
    meta: {desc: needed}
    exists: true
    uid: {and: {gt: 50, lt: 100}}
    gid: 65534
    groups: [nogroup]
    home: /run/sshd
    shell: /usr/sbin/nologin
  toor: {exists: false}
group: {www-data: {exists: true, gid: 33}, wheel: {exists: false}}`,
    [
      'user-sshd user {"name":"sshd","gid":65534,"groups":["nogroup"],"home":"/run/sshd","shell":"/usr/sbin/nologin"}',
      'user-toor user {"name":"toor","exists":false}',
      'group-www-data group {"name":"www-data","gid":33}',
      'group-wheel group {"name":"wheel","exists":false}',
    ],
    ['user sshd: "uid" has a value that is not understood, and is left out'],
  ],
  [
    'command',
    `command:
  version:
    exec: "go version"
    exit-status: 0
    stdout: [go1.6, "!gccgo", '/linux\\/(amd64|arm64)$/', '!/beta/']
    stderr: [oops]
    timeout: 10000
  foobar: {exit-status: 127, stdout: "", stderr: ""}`,
    [
      'command-version command {"argv":["sh","-c","go version"],"contains":["go1.6"],"absent":["gccgo"],"matches":["linux\\\\/(amd64|arm64)$"]}',
      'command-foobar command {"argv":["sh","-c","foobar"],"exitCodes":[127]}',
    ],
    ['command version: the pattern !/beta/ is left out', 'command version: "stderr" is left out'],
  ],
  [
    'dns',
    `dns:
  localhost: {resolvable: true, addrs: {consist-of: [127.0.0.1, "::1"]}, server: 8.8.8.8, timeout: 500}
  MX:oa.test: {resolvable: true, addrs: ["10 mail.oa.test."]}
  gone.test: {resolvable: false}
  CAA:oa.test: {resolvable: true}`,
    [
      'dns-localhost dns {"name":"localhost","server":"8.8.8.8","timeout":"500ms","values":["127.0.0.1"]}',
      'dns-localhost-2 dns {"name":"localhost","type":"AAAA","server":"8.8.8.8","timeout":"500ms","values":["::1"]}',
      'dns-MX-oa-test dns {"name":"oa.test","type":"MX","values":["10 mail.oa.test."],"match":"some"}',
      'dns-gone-test dns {"name":"gone.test","exists":false}',
    ],
    [
      'dns localhost: here name servers are asked from the machine that runs oaops, and /etc/hosts is not read',
      'dns MX:oa.test: here name servers are asked from the machine that runs oaops, and /etc/hosts is not read',
      'dns gone.test: here name servers are asked from the machine that runs oaops, and /etc/hosts is not read',
      'dns CAA:oa.test: records of the type CAA cannot be checked here, and are left out',
    ],
  ],
  [
    'http',
    `http:
  https://oa.test/login:
    status: 200
    allow-insecure: true
    no-follow-redirects: false
    timeout: 1000
    request-headers: ["Accept: text/html", "Authorization: Bearer abc"]
    headers: ["Content-Type: text/html"]
    body: [Login, "!Error", '/v\\d+/']
    username: li
    password: pw
    proxy: http://127.0.0.1:8888
  http://oa.test: {status: 301, no-follow-redirects: true, body: []}`,
    [
      'http-https-oa-test-login http {"url":"https://oa.test/login","status":[200],"followRedirects":true,"timeout":"1000ms","headers":{"Accept":"text/html"},"expectHeaders":{"Content-Type":"text\\\\/html"},"contains":["Login"],"absent":["Error"],"matches":["v\\\\d+"]}',
      'http-http-oa-test http {"url":"http://oa.test","status":[301]}',
    ],
    [
      'http https://oa.test/login: here it is asked from the machine that runs oaops, not from the host',
      'http https://oa.test/login: "allow-insecure" is left out: give the authority of the certificate as caFile',
      'http https://oa.test/login: "username" is left out: write basicAuth with a reference to a secret',
      'http https://oa.test/login: "password" is left out: write basicAuth with a reference to a secret',
      'http https://oa.test/login: the header Authorization is left out: write it with a reference to a secret',
      'http https://oa.test/login: "proxy" is left out',
      'http http://oa.test: here it is asked from the machine that runs oaops, not from the host',
    ],
  ],
  [
    'addr',
    `addr:
  tcp://db.oa.test:5432: {reachable: true, timeout: 1500, local-address: 127.0.0.1}
  "tcp://[2001:db8::5]:22": {reachable: false}
  udp://8.8.8.8:53: {reachable: true}`,
    [
      'addr-tcp-db-oa-test-5432 reach {"host":"db.oa.test","ports":[5432],"open":[5432],"wait":2}',
      'addr-tcp-2001-db8-5-22 reach {"host":"2001:db8::5","ports":[22]}',
    ],
    [
      'addr tcp://db.oa.test:5432: "local-address" is left out',
      'addr udp://8.8.8.8:53: only addresses of TCP can be checked here; it is left out',
    ],
  ],
  [
    'mount, kernel parameter, interface',
    `mount:
  /home: {exists: true, timeout: 1000, opts: [rw, nodev], vfs-opts: [rw], source: /dev/mapper/home, filesystem: xfs, usage: {lt: 95}}
  /old: {exists: false}
kernel-param: {net.ipv4.ip_forward: {value: "0"}, kernel.ostype: {value: Linux}}
interface: {eth0: {exists: true, addrs: [10.0.0.5/24], mtu: 1500}, eth9: {exists: false}}`,
    [
      'mount-home mounts {"expected":[{"path":"/home","type":"xfs","source":"/dev/mapper/home","options":["rw","nodev"]}],"fstab":false,"readOnly":false}',
      'mount-home-2 disk {"paths":["/home"],"warn":"@95:","fail":"@95:"}',
      'kernel-param-net-ipv4-ip_forward sysctl {"values":{"net.ipv4.ip_forward":"0"}}',
      'kernel-param-kernel-ostype sysctl {"values":{"kernel.ostype":"Linux"}}',
      'interface-eth0 interface {"name":"eth0","link":"any","addresses":["10.0.0.5/24"],"mtu":1500}',
      'interface-eth9 interface {"name":"eth9","exists":false}',
    ],
    [
      'mount /home: "vfs-opts" is left out',
      'mount /old: that something is not mounted cannot be checked here, and is left out',
    ],
  ],
  [
    'what is not a test here, and what is skipped',
    `gossfile: {other.yaml: {}}
matching: {count: {content: 5, matches: {gt: 0}}}
unknown-thing: {a: {b: 1}}
process: {cron: {running: true}, at: {running: true, skip: true}, odd: 5}
group: 7`,
    ['process-cron processes {"name":"cron"}'],
    [
      'gossfile other.yaml: tests of this kind cannot be made here, and are left out',
      'matching count: tests of this kind cannot be made here, and are left out',
      'unknown-thing a: tests of this kind cannot be made here, and are left out',
      'process at: it is skipped in the gossfile, and left out',
      'process odd: it is not understood, and left out',
      'group: it is not understood, and left out',
    ],
  ],
  [
    'what a check would refuse, or a runbook would compute',
    `file: {relative/path: {exists: true}}
user: {"a:b": {exists: true}}
command: {"echo $\\u007b{ secrets }}": {exit-status: 0}}
process: {cron: {running: true}}`,
    ['process-cron processes {"name":"cron"}'],
    [
      'file relative/path: the check file does not take it, so it is left out: path: not an absolute path',
      'user a:b: the check user does not take it, so it is left out: name: not a name of a user',
      'command echo ${{ secrets }}: it holds ${{, which is an expression in a runbook, and is left out',
    ],
  ],
];

test.each(cases)('%s', (_name, text, checks, notes) => {
  const found = taken(text);
  expect(found.checks.map(shown)).toEqual(checks);
  expect(found.notes).toEqual(notes);
  // JSON is the other way to write a gossfile.
  const json = JSON.stringify(parse(text)).replace('{{', '\\u007b{');
  expect(taken(json)).toEqual(found);
});

test('the title and the time limit of a test', () => {
  const { checks } = taken('command: {sleepy: {exec: sleep 1, timeout: 2500, title: It sleeps}}');
  expect(checks[0]).toMatchObject({ name: 'It sleeps', timeout: '2500ms' });
});

test('more tests than a section takes', () => {
  const tests = Array.from({ length: 501 }, (_, index) => `  p${index}: {running: true}`).join('\n');
  const { runbook } = importGoss(`process:\n${tests}`, 'many');
  expect((parse(runbook) as { spec: { sections: { id: string }[] } }).spec.sections.map(({ id }) => id)).toEqual([
    'goss',
    'goss-2',
  ]);
});

describe('what is no gossfile', () => {
  test.each([
    ['', /it holds no tests/],
    ['- a', /it holds no tests/],
    ['{"a": ', /cannot be taken over: /],
    ['a: [', /cannot be taken over: /],
    ['file:\n{{range .Vars.files}}\n  {{.}}: {exists: true}\n{{end}}', /it is a template$/],
    ['matching: {a: {content: 1, matches: 1}}', /nothing in it can be taken over/],
    [`a: ${'x'.repeat(1_100_000)}`, /longer than 1048576 characters/],
    [
      `a: &a [1]\n${Array.from({ length: 12 }, (_, n) => `b${n}: &b${n} [${'*a,'.repeat(30)}]`).join('\n')}`,
      /cannot be taken over: /,
    ],
  ])('%.30s', (text, message) => {
    expect(() => importGoss(text, 'x')).toThrow(
      expect.objectContaining({ code: 'goss-invalid', exitCode: 2, message: expect.stringMatching(message) }),
    );
  });

  test('whatever is in it, the runbook is right or there is none', () => {
    const value = fc.oneof(
      fc.boolean(),
      fc.integer(),
      fc.string({ maxLength: 8 }),
      fc.constant(null),
      fc.array(fc.string({ maxLength: 6 }), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('lt', 'gt', 'and', 'consist-of'), fc.integer(), { maxKeys: 2 }),
    );
    const keys = fc.constantFrom(
      'exists',
      'running',
      'listening',
      'ip',
      'mode',
      'uid',
      'groups',
      'status',
      'body',
      'addrs',
      'timeout',
      'opts',
      'usage',
      'value',
      'mtu',
      'stdout',
      'exit-status',
      'title',
      'skip',
      'versions',
      'size',
      'filetype',
    );
    const kinds = fc.constantFrom(
      'package',
      'service',
      'file',
      'port',
      'process',
      'user',
      'group',
      'command',
      'dns',
      'http',
      'addr',
      'mount',
      'kernel-param',
      'interface',
      'gossfile',
    );
    const names = fc.oneof(
      fc.string({ maxLength: 10 }),
      fc.constantFrom('/etc/x', 'tcp:80', 'sshd', 'https://oa.test/', 'tcp://a:1', 'A:x.test'),
    );
    fc.assert(
      fc.property(
        fc.dictionary(kinds, fc.dictionary(names, fc.dictionary(keys, value, { maxKeys: 4 }), { maxKeys: 3 })),
        (document) => {
          const text = JSON.stringify(document);
          try {
            taken(text);
          } catch (error) {
            expect((error as { code?: string }).code).toBe('goss-invalid');
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('the checks that are made of it say the same on this machine', async () => {
  const { checks } = taken(`user: {root: {exists: true, uid: 0, groups: [root]}}
group: {no-such-group: {exists: true}}
command: {hi: {exec: "echo 'hi'; exit 3", exit-status: 3, stdout: [hi]}, no: {exec: echo no, stdout: [yes]}}
file: {/etc/passwd: {exists: true, filetype: file, contents: ["root:"]}, /no/such: {exists: true}}
interface: {lo: {exists: true}}
kernel-param: {kernel.ostype: {value: Linux}}`);
  const states = await Promise.all(
    checks.map(async ({ id, check, with: args }) => [id, (await makeCheck(check, args)).state]),
  );
  expect(states).toEqual([
    ['user-root', 'pass'],
    ['group-no-such-group', 'fail'],
    ['command-hi', 'pass'],
    ['command-no', 'fail'],
    ['file-etc-passwd', 'pass'],
    ['file-no-such', 'fail'],
    ['interface-lo', 'pass'],
    ['kernel-param-kernel-ostype', 'pass'],
  ]);
});
