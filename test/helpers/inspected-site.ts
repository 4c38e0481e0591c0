import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { InspectionReport, ReportedResult } from '../../src/inspect/assemble.ts';
import { type InspectedHost, Inspector, startBusyboxHost, startHost } from './inspected-hosts.ts';
import { packagesMissing } from './needs.ts';
import { pingServer } from './pinged.ts';
import { type PostgresPair, startPostgresPair } from './postgres-pair.ts';
import { hasJournald, journalWith } from './real-journal.ts';
import { worldsAvailable } from './sshd.ts';
import { startWebServer, type WebServer } from './web-server.ts';

/** What the shipped inspections look at, and somebody who makes them: two hosts, the login page, a database with its replica, a channel. */
export interface InspectedSite {
  me: Inspector;
  /** A well-kept server, in the group `web`. */
  web1: InspectedHost;
  /** A machine with BusyBox, in the group `outside`. */
  edge1: InspectedHost;
  web: WebServer;
  pair: PostgresPair;
  primary: string;
  replica: string;
  /** The line of the configuration with the channel. */
  notify: string;
  /** A log of web1 gets one more line, or the accounts of edge1 one more of them. */
  append(what: 'log' | 'account', line: string): void;
  /** Makes an inspection; results by `check@host`. */
  inspect(name: string, inputs: Record<string, string>, ...flags: string[]): Promise<Inspected>;
  /** Goes on with the last run of an inspection. */
  resume(name: string): Promise<Inspected>;
  /** Notices that have come since it was last asked. */
  told(): { subject: string; text: string }[];
  stop(): Promise<void>;
}

export interface Inspected {
  exitCode: number | null;
  report: InspectionReport;
  results: Record<string, ReportedResult>;
  states: Record<string, string>;
}

export const sitePossible =
  worldsAvailable && packagesMissing('sshd', 'busybox', 'nginx', 'openssl', 'postgres').length === 0;

const sshdConfig = 'PermitRootLogin prohibit-password\nPasswordAuthentication no\nX11Forwarding no\n';

/** Its own settings of sshd, sudo rules and journal. */
function keptWell(folder: string): string[] {
  writeFileSync(join(folder, 'sshd_config'), sshdConfig);
  mkdirSync(join(folder, 'journal'));
  return [
    `mount --bind ${folder}/sshd_config /etc/ssh/sshd_config`,
    '[ ! -d /etc/sudoers.d ] || mount -t tmpfs -o mode=750 tmpfs /etc/sudoers.d',
    ...(hasJournald
      ? [journalWith(join(folder, 'journal'), [{ priority: 'user.info', tag: 'oa', text: 'started' }])]
      : []),
  ];
}

export async function startSite(): Promise<InspectedSite> {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-kept-'));
  const [web1, edge1, web, pair, channel] = await Promise.all([
    startHost('web1', { services: ['oa'], world: keptWell(folder) }),
    startBusyboxHost('edge1', ['oa']),
    startWebServer(90),
    startPostgresPair(),
    pingServer(),
  ]);
  writeFileSync(web1.sshd.file('/srv/app.log'), 'ERROR of before\n');
  const me = new Inspector().group('web', [web1]).group('outside', [edge1]);
  me.env = { OAOPS_DATABASE_PASSWORD: 'not-asked-for' };
  const notify = `notify: {channels: {admins: {type: webhook, url: "${channel.url}/"}}}`;
  me.configure(notify);
  const told = (ended: { exitCode: number | null; stdout: string; stderr: string }): Inspected => {
    expect(ended.stderr + ended.stdout, 'a report').toMatch(/"verdict"/);
    const report = JSON.parse(ended.stdout) as InspectionReport;
    const all = report.sections.flatMap((section) => section.results);
    const results = Object.fromEntries(all.map((one) => [`${one.check}@${one.host}`, one]));
    const states = Object.fromEntries(all.map((one) => [`${one.check}@${one.host}`, one.state]));
    return { exitCode: ended.exitCode, report, results, states };
  };
  let known = 0;
  return {
    me,
    web1,
    edge1,
    web,
    pair,
    notify,
    primary: `postgres://postgres@127.0.0.1:${pair.primary.port}/postgres`,
    replica: `postgres://postgres@127.0.0.1:${pair.standby.port}/postgres`,
    append: (what, line) => {
      const file = what === 'log' ? web1.sshd.file('/srv/app.log') : edge1.sshd.file('/srv/etc/passwd');
      appendFileSync(file, `${line}\n`);
    },
    inspect: async (name, inputs, ...flags) => {
      const given = Object.entries(inputs).flatMap(([key, value]) => ['-i', `${key}=${value}`]);
      return told(await me.oaops('inspect', 'run', name, '--json', ...given, ...flags));
    },
    resume: async (name) => {
      const run = JSON.parse((await me.oaops('inspect', 'show', name, '--json')).stdout).run as string;
      const { exitCode } = await me.oaops('runs', 'resume', run);
      return { ...told(await me.oaops('inspect', 'show', name, '--json')), exitCode };
    },
    told: () => {
      const fresh = channel.pings.slice(known);
      known = channel.pings.length;
      return fresh.map(({ body }) => JSON.parse(body) as { subject: string; text: string });
    },
    stop: async () => {
      await Promise.all([web1.stop(), edge1.stop(), web.stop(), channel.close()]);
      pair.stop();
      me.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
