import { z } from 'zod';
import { isDate } from '../../calendar/dates.ts';
import { formatDuration } from '../../core/units.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { limitsObject, limitsSchema, measured, worst } from '../judging/limits.ts';
import type { CheckDoors } from '../ports.ts';
import { type FollowedFinding, follow, followedSchema } from '../scans/follow.ts';
import { type Finding, type Rank, ranks, type ScanReport } from '../scans/model.ts';
import { readReport } from '../scans/read.ts';
import type { About, Judged, NearCheckType } from '../types.ts';

const dayMs = 86_400_000;
const mostFollowed = 20_000;

const acceptedSchema = z.strictObject({
  id: z.string().min(1).describe('Plugin, OID or QID.'),
  host: z.string().min(1).optional().describe('Absent = every host.'),
  until: z.string().refine(isDate, { error: 'not a date; write 2026-12-31' }).describe('Last day on which it holds.'),
  reason: z.string().min(1),
});

const withSchema = z.strictObject({
  path: z
    .string()
    .regex(/^\/[^\n]*[^/\n]$/, { error: 'not an absolute path of a file' })
    .describe(
      'Report of OpenVAS or Greenbone (XML), Nessus (.nessus) or Qualys (XML, CSV) on this machine; * and ? may stand in its name.',
    ),
  use: z.enum(['newest', 'all']).default('newest').describe('Of several files: the newest one, or all as one report.'),
  hosts: z
    .enum(['all', 'own'])
    .default('all')
    .describe('own: only findings of the host that is inspected, by its name or address.'),
  critical: limitsSchema({ fail: 0 }).describe('How many findings, CVSS 9 and above.'),
  high: limitsSchema({ warn: 0 }).describe('CVSS 7 and above.'),
  medium: limitsObject().optional().describe('CVSS 4 and above.'),
  low: limitsObject().optional(),
  maxAge: durationSchema.default(35 * dayMs).describe('Of the scan; what is older says nothing.'),
  repairWithin: z
    .strictObject({
      critical: durationSchema.default(7 * dayMs),
      high: durationSchema.default(30 * dayMs),
      medium: durationSchema.optional(),
    })
    .prefault({})
    .describe(
      'How long a finding may be open, since it was first in a report that this check has read; then it is a failure.',
    ),
  accepted: z.array(acceptedSchema).max(500).default([]).describe('Findings that somebody answers for, until a date.'),
  maxSize: z.int().positive().default(512).describe('MiB of a report.'),
});
type With = z.infer<typeof withSchema>;

/** Findings of a vulnerability scanner: how many, which are new or fixed, which are open for too long. */
export const scanReport: NearCheckType<With> = {
  name: 'scan-report',
  place: 'here',
  title: { en: 'Report of a vulnerability scanner', 'zh-CN': '漏洞扫描报告' },
  withSchema,
  keeps: true,
  async measure(args, doors, about, signal) {
    const { report, scannedMs, names } = await reportsOf(args, doors, signal);
    const ageMs = about.nowMs - scannedMs;
    const next = 'Scan again, and export the report to this place.';
    if (ageMs > args.maxAge)
      return { state: 'error', message: `the scan of ${names} is ${formatDuration(ageMs)} old`, next };
    if (ageMs < -dayMs)
      return { state: 'error', message: `the scan of ${names} is in the future: look at the clock of the scanner` };
    if (report.hosts.size === 0) return { state: 'error', message: `the scan of ${names} has reached no host`, next };
    const own = ownOf(args, about);
    if (own && ![...report.hosts].some((host) => own.has(host.toLowerCase())))
      return { state: 'error', message: `the scan of ${names} has not reached this host`, next };
    const kept = followedSchema.safeParse(about.kept);
    if (about.kept !== undefined && !kept.success)
      return { state: 'error', message: 'what was kept of the last report is not understood' };
    if (kept.success && kept.data.scanned > scannedMs)
      return { state: 'error', message: `${names} is older than the report that was read before`, next };
    const today = new Date(about.nowMs).toISOString().slice(0, 10);
    const isAccepted = ({ id, host }: Finding) =>
      args.accepted.some((one) => one.id === id && (one.host ?? host) === host && one.until >= today);
    const chosen = report.findings.filter(({ host }) => own === undefined || own.has(host.toLowerCase()));
    const open = chosen.filter((finding) => !isAccepted(finding));
    // What is accepted is followed too: when that ends, it has been open all the time.
    const watched = chosen.filter(({ rank }) => rank === 'critical' || rank === 'high' || rank === 'medium');
    if (watched.length > mostFollowed)
      return {
        state: 'error',
        message: `the scan of ${names} has ${watched.length} findings, more than can be followed`,
      };
    const hosts =
      own === undefined ? report.hosts : new Set([...report.hosts].filter((host) => own.has(host.toLowerCase())));
    const following = follow({ hosts, scannedMs }, watched, kept.data);
    const counted = { ...following, open: following.open.filter((finding) => !isAccepted(finding)) };
    return judge(args, about.nowMs, ageMs, open, chosen.length - open.length, counted, hosts.size);
  },
};

function judge(
  args: With,
  nowMs: number,
  ageMs: number,
  open: readonly Finding[],
  accepted: number,
  { open: followed, fixed, compared, unscanned, keep }: ReturnType<typeof follow>,
  hosts: number,
): Judged {
  const count = (rank: Rank) => open.filter((finding) => finding.rank === rank).length;
  const figures = ranks
    .filter((rank) => rank !== 'info')
    .map((rank) => measured({ name: rank, value: count(rank), unit: '', min: 0 }, args[rank] ?? {}));
  const isLate = ({ rank, since }: FollowedFinding) => {
    const within = args.repairWithin[rank as 'critical' | 'high' | 'medium'];
    return within !== undefined && nowMs - Date.parse(since) > within;
  };
  const late = followed.filter(isLate);
  const added = followed.filter((finding) => finding.new).length;
  const plain = (name: string, value: number) => measured({ name, value, unit: '', min: 0 }, {}).measure;
  const byRank = [...followed].sort(
    (a, b) => ranks.indexOf(a.rank) - ranks.indexOf(b.rank) || (a.since < b.since ? -1 : a.since > b.since ? 1 : 0),
  );
  const state = worst([...figures.map((figure) => figure.state), ...(late.length > 0 ? (['fail'] as const) : [])]);
  return {
    state,
    message: [
      `${count('critical')} critical, ${count('high')} high and ${count('medium')} medium findings on ${hosts} hosts`,
      ...(late.length > 0 ? [`${late.length} are open for too long`] : []),
      ...(compared ? [`${added} new and ${fixed} fixed since the report before`] : []),
      ...(accepted > 0 ? [`${accepted} accepted`] : []),
      ...(unscanned.length > 0 ? [`not scanned this time: ${unscanned.slice(0, 5).join(', ')}`] : []),
      `scanned ${formatDuration(Math.max(0, ageMs))} ago`,
    ].join('; '),
    measures: [
      ...figures.map(({ measure }) => measure),
      plain('late', late.length),
      plain('new', added),
      plain('fixed', fixed),
      {
        name: 'age',
        value: Math.max(0, Math.round(ageMs / 1000)),
        unit: 's',
        min: 0,
        fail: String(args.maxAge / 1000),
      },
    ],
    details: byRank.map((finding) => lineOf(finding, isLate(finding))),
    ...(state === 'pass' ? {} : { next: 'Repair them, or accept each until a date with its reason, and scan again.' }),
    ...(keep === undefined ? {} : { keep }),
  };
}

function lineOf({ rank, host, port, id, name, cvss, since }: FollowedFinding, late: boolean): string {
  const what = `${rank} ${host}${port === '' ? '' : ` ${port}`}: ${name} (${id}${cvss === null ? '' : `, CVSS ${cvss}`})`;
  return late ? `${what}, open since ${since}, too long` : `${what}, open since ${since}`;
}

function ownOf({ hosts }: With, { host }: About): Set<string> | undefined {
  return hosts === 'own' ? new Set([host.name.toLowerCase(), host.address.toLowerCase()]) : undefined;
}

/** The report, or all of them as one: as old as the oldest of them. @throws OaopsError `report-missing` among others */
async function reportsOf(
  { path, use, maxSize }: With,
  doors: CheckDoors,
  signal: AbortSignal,
): Promise<{ report: ScanReport; scannedMs: number; names: string }> {
  const files = await doors.files();
  const found = (await files.find(path)).toSorted((a, b) => b.modifiedMs - a.modifiedMs || (a.path < b.path ? 1 : -1));
  const chosen = use === 'newest' ? found.slice(0, 1) : found;
  const whole: ScanReport = { format: '', scannedMs: undefined, hosts: new Set(), findings: [] };
  let oldest = Number.POSITIVE_INFINITY;
  for (const { path: one, modifiedMs } of chosen) {
    const report = await readReport(files.read(one, maxSize * 1024 ** 2), signal);
    oldest = Math.min(oldest, report.scannedMs ?? modifiedMs);
    for (const host of report.hosts) whole.hosts.add(host);
    for (const finding of report.findings) whole.findings.push(finding);
  }
  return { report: whole, scannedMs: oldest, names: chosen.map((one) => one.path).join(', ') };
}
