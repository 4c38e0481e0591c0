import type { App } from '../app.ts';
import type { RunEvent } from '../core/events.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { patchCheckName } from '../engine/plan/ad-hoc.ts';
import type { Inventory, Target } from '../engine/ports.ts';
import type { RunEnd } from '../engine/run/outcome.ts';
import { checkKey, checkTopic, type HostCheck, notJudged } from '../updates/check.ts';
import { type CommandFormat, commandFormats, type SystemManager } from '../updates/types.ts';
import { warnOnStderr } from './ad-hoc.ts';
import { adHocText, literal, refuseBrokenWords } from './ad-hoc-runbook.ts';
import { type PreparedPlan, saidPlan, startRun } from './run-command.ts';

export interface CheckRequest {
  manager: 'auto' | SystemManager | CommandFormat;
  /** The command of npm and pip. */
  argv: readonly string[];
  refresh: boolean;
  /** Through sudo to root where the inventory has no way of its own. */
  become: boolean;
  parallel: number;
  timeoutMs: number;
}

/** A host at its last check, and when that was. */
export type DatedCheck = HostCheck & { checkedAt: string | null };

/** A runbook made on the spot that asks each target, and its plan. @throws OaopsError `argument-not-utf8` */
export async function planCheck(
  app: App,
  targets: readonly Target[],
  sources: Inventory['sources'],
  request: CheckRequest,
): Promise<PreparedPlan> {
  refuseBrokenWords(request.argv);
  const sudo = { method: 'sudo', user: 'root' } as const;
  const hosts = targets.map((target) => (request.become ? { become: sudo, ...target } : target));
  const runs = await app.runs();
  const plan = await runs.adHocPlan(patchCheckName, runbookText(targets, request), { sources, hosts });
  return { plan, requester: { name: runs.actor }, text: saidPlan(plan) };
}

/** Runs the plan and reads what it left in the record. Lists that could not be fetched are told as warnings. */
export async function runCheck(
  app: App,
  prepared: PreparedPlan,
  request: CheckRequest,
  show: { lang: 'en' | 'zh-CN'; onEnd?: () => void },
): Promise<{ end: RunEnd; checks: DatedCheck[] }> {
  const warn = warnOnStderr(app);
  const sink = (event: RunEvent) => {
    if (event.event === 'run.warning') warn(event.message);
    if (event.event !== 'unit.ended') return;
    if (event.step === 'check') show.onEnd?.();
    if (event.step === 'refresh' && event.status !== 'ok')
      warn(`the package lists of ${event.target} are not fresh: ${event.message ?? event.status}`);
  };
  const end = await startRun(app, prepared, { lang: show.lang, renderer: async () => ({ sink }) });
  const names = prepared.plan.steps[0]!.targets;
  const checks = await lastChecks(app, names, request.manager, end.run);
  return { end, checks };
}

/** What the record has of the last check of each host, of this run where one is given; nothing is asked of the hosts. */
export async function lastChecks(
  app: App,
  names: readonly string[],
  manager: CheckRequest['manager'],
  run?: string,
): Promise<DatedCheck[]> {
  const { facts } = await app.record();
  const format = commandFormats.find((name) => name === manager);
  return Promise.all(
    names.map(async (host) => {
      const rows = await facts.list(checkTopic, { key: checkKey(host, format), newestFirst: true, limit: 1 });
      const check = rows[0]?.body as HostCheck | undefined;
      if (check && (run === undefined || check.run === run)) return { ...check, checkedAt: rows[0]!.at };
      const about = { host, run: run ?? '', by: '' };
      const missing =
        run === undefined
          ? notJudged(about, 'it was never checked', 'Check it without --last.')
          : notJudged(about, 'it was not asked', 'Run the check again.');
      return { ...missing, checkedAt: null };
    }),
  );
}

/** 0 when every host could be judged, 1 when none could, else 3. */
export function checkExitCode(checks: readonly HostCheck[]): ExitCode {
  const good = checks.filter(({ status }) => status === 'judged').length;
  return good === checks.length ? ExitCode.success : good === 0 ? ExitCode.failed : ExitCode.incomplete;
}

function runbookText(targets: readonly Target[], request: CheckRequest): string {
  const { manager, argv, refresh, parallel, timeoutMs } = request;
  const each = { targets: targets.map(({ name }) => name), parallel, timeout: `${timeoutMs}ms`, onFailure: 'continue' };
  const steps = [
    ...(refresh
      ? [
          {
            id: 'refresh',
            name: { en: 'Fetch the package lists', 'zh-CN': '刷新软件包列表' },
            uses: 'patch.refresh',
            ...each,
            with: { manager },
          },
        ]
      : []),
    {
      id: 'check',
      name: { en: 'Look for updates', 'zh-CN': '检查更新' },
      uses: 'patch.check',
      ...each,
      with: { manager, ...(argv.length === 0 ? {} : { argv: argv.map(literal) }) },
      outputs: { updates: 'result.updates' },
    },
    {
      id: 'any',
      name: { en: 'Some host could be judged', 'zh-CN': '至少一台主机有结果' },
      uses: 'assert',
      with: {
        that: '${{ size(steps.check.outputs.updates) > 0 }}',
        message: { en: 'no host could be judged', 'zh-CN': '没有一台主机有结果' },
      },
    },
  ];
  return adHocText({
    apiVersion: 'oaops/v1',
    kind: 'Procedure',
    metadata: {
      name: 'patch-check',
      version: '1.0.0',
      title: { en: 'Check for pending updates', 'zh-CN': '补丁检查' },
      owner: 'oaops',
      procedures: ['UP-01'],
    },
    spec: { steps },
  });
}
