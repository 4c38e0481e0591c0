import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  groups,
  oaEntries,
  operator,
  operatorPassword,
  people,
  startOaDirectory,
} from '../../test/helpers/oa-directory.ts';
import { rootDn } from '../../test/helpers/slapd.ts';
import { type Command, type Measured, measure } from './backup/measure.ts';
import type { Bench } from './bench.ts';
import { median, spread, table } from './figures.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'bin/run.js');

/** Goals of 100,000 entries against 100,000 rows on 2 cores, with OpenLDAP on loopback. */
const goal = { wallS: 20, rssMib: 300 };

const departments = ['财务部', '行政部', '研发部', '销售部', '人力资源部'];

/** Every hundredth person has left; nobody else is missing on either side. */
function employees(count: number): { row: string; entry: string }[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `E${String(i).padStart(6, '0')}`;
    const department = departments[i % departments.length]!;
    const left = i % 100 === 99;
    return {
      row: `${id},员工${i},person${i},person${i}@example.com,${department},职员,E000000,${left ? '离职' : '在职'},${left ? '2026-10-31' : ''}`,
      entry: `dn: uid=person${i},${people}\nobjectClass: inetOrgPerson\nuid: person${i}\nsn: ${i}\ncn:: ${base64(`员工${i}`)}\nemployeeNumber: ${id}\nmail: person${i}@example.com\ndepartmentNumber:: ${base64(department)}\ntitle:: ${base64('职员')}\n`,
    };
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** One group of everybody, and one of every 500. */
function groupEntries(count: number): string[] {
  const members = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `member: uid=person${from + i},${people}\n`).join('');
  const group = (name: string, from: number, to: number) =>
    `dn: cn=${name},${groups}\nobjectClass: groupOfNames\ncn: ${name}\n${members(from, to)}`;
  const teams = Math.max(1, Math.floor(count / 500));
  return [
    group('everybody', 0, count),
    ...Array.from({ length: teams }, (_, i) => group(`team${i}`, i * 500, Math.min(count, i * 500 + 500))),
  ];
}

/** An audit of a large directory against a large roster: how long, and how much memory. */
export const bench: Bench = {
  title: 'Accounts of a directory against a roster',
  async run({ runs = 3, scale, signal }, show) {
    if (!existsSync(join(root, 'oclif.manifest.json'))) throw new Error('run "npm run build" first');
    const count = Math.max(1000, Math.round(100_000 * scale));
    const dir = mkdtempSync(join(tmpdir(), 'oaops-bench-'));
    const all = employees(count);
    writeFileSync(
      join(dir, 'roster.csv'),
      `工号,姓名,账号,邮箱,部门,岗位,直属上级,状态,离职日期\r\n${all.map(({ row }) => `${row}\r\n`).join('')}`,
    );
    const server = await startOaDirectory({
      count: 0,
      entries: [...oaEntries, ...all.map(({ entry }) => entry), ...groupEntries(count)],
      maxSizeBytes: 4 * 1024 ** 3,
    });
    try {
      const ways = waysOf(dir, server.url, server.password);
      const measured = new Map<string, Measured[]>(ways.map(({ name }) => [name, []]));
      const env = {
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
        HOME: dir,
        LANG: 'C.UTF-8',
        OAOPS_STATE_DIR: join(dir, 'state'),
        LDAP_PASSWORD: operatorPassword,
      };
      // The first round fills caches and is not counted.
      for (let round = -1; round < runs; round++) {
        for (const { name, command } of ways) {
          const result = await measure(command, { env, report: join(dir, 'time'), signal });
          if (round >= 0) measured.get(name)!.push(result);
        }
        if (round >= 0) show(report(ways, measured, { rounds: round + 1, count }));
      }
    } finally {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

interface Way {
  name: string;
  command: Command;
  goal?: typeof goal;
}

function waysOf(dir: string, url: string, password: string): Way[] {
  const runbook = (operation: string, more: string): string => {
    const file = join(dir, `${operation}.yaml`);
    writeFileSync(
      file,
      `apiVersion: oaops/v1
kind: AccountReview
metadata: {name: bench-${operation}, version: 1.0.0, title: Bench, owner: bench}
spec:
  operation: ${operation}
  sources:
    - {id: hr, type: csv, file: roster.csv}
  directories:
    - {id: ldap, type: openldap, url: "${url}", bindDn: "${operator}", password: "env:LDAP_PASSWORD", base: "${people}", groupBase: "${groups}"}
${more}`,
    );
    return file;
  };
  const cleanup = runbook(
    'cleanup',
    '  caps: {count: 100000}\n  cleanup: {sign: none, rules: [{finding: leaver, do: [disable, strip]}]}\n',
  );
  const oaops = (...args: string[]): Command => ({ argv: [process.execPath, program, ...args] });
  const attributes = [
    'uid',
    'employeeNumber',
    'mail',
    'cn',
    'departmentNumber',
    'title',
    'entryUUID',
    'createTimestamp',
  ];
  return [
    {
      name: 'oaops account audit',
      command: oaops('account', 'audit', runbook('audit', ''), '--format', 'csv', '--out', join(dir, 'audit.csv')),
      goal,
    },
    { name: 'oaops account cleanup --dry-run', command: oaops('account', 'cleanup', cleanup, '--dry-run'), goal },
    {
      name: 'ldapsearch: the same entries, nothing compared',
      command: {
        argv: [
          'ldapsearch',
          '-x',
          '-LLL',
          '-H',
          url,
          '-D',
          rootDn,
          '-w',
          password,
          '-b',
          people,
          '-E',
          'pr=1000/noprompt',
          '(objectClass=person)',
          ...attributes,
        ],
      },
    },
  ];
}

function report(
  ways: readonly Way[],
  measured: ReadonlyMap<string, Measured[]>,
  { rounds, count }: { rounds: number; count: number },
): string {
  const loads = [...measured.values()].flat().map(({ load }) => load);
  const rows = ways.map(({ name, goal: asked }) => {
    const of = (key: 'wallS' | 'cpuS' | 'rssMib') => measured.get(name)!.map((one) => one[key]);
    const met = asked && median(of('wallS')) < asked.wallS && Math.max(...of('rssMib')) < asked.rssMib;
    return [
      name,
      `${spread(of('wallS'), 1)} s`,
      `${spread(of('cpuS'), 1)} s`,
      `${Math.max(...of('rssMib')).toFixed(0)} MiB`,
      asked === undefined ? '' : `under ${asked.wallS} s and ${asked.rssMib} MiB: ${met ? 'met' : 'missed'}`,
    ];
  });
  return `${count} entries with their groups in OpenLDAP on loopback, ${count} rows of a roster, ${rounds} rounds in turns; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}. Processor time and memory are those of the client.

${table(['what', 'wall', 'processor', 'peak memory', 'goal'], rows)}`;
}
