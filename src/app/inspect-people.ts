import type { App } from '../app.ts';
import { isDate } from '../calendar/dates.ts';
import { isoTime } from '../core/clock.ts';
import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { nearest } from '../core/nearest.ts';
import { dateIn, localTimeZone } from '../core/zoned-time.ts';
import { type Accepted, answerUnit } from '../engine/people/answers.ts';
import type { Plan } from '../engine/plan/plan-types.ts';
import { expectedOf } from '../inspect/assemble.ts';
import type { SignOff } from '../inspect/manual.ts';
import { addWaiver, signersOf, type Waiver, waiversOf } from '../inspect/record.ts';
import type { RunRow } from '../record/types.ts';
import { inspectionRun } from './inspect.ts';

/**
 * Signs a check that a person has looked at.
 * @throws OaopsError `check-unknown`, `evidence-missing`, `reason-missing` (exit 2), and as `answerUnit`
 */
export async function signCheck(
  app: App,
  request: {
    run: string;
    check: string;
    verdict: SignOff;
    host?: string | undefined;
    reason?: string | undefined;
    evidence?: string | undefined;
  },
): Promise<Accepted> {
  const row = await inspectionRun(app, request.run);
  const plan = (await (await app.record()).runs.plan(row.id)) as Plan;
  const step = plan.steps.find(({ uses, units }) => {
    const [unit] = uses === 'inspect.sign' && Array.isArray(units) ? units : [];
    return unit !== undefined && unit.with['check'] === request.check;
  });
  if (!step || !Array.isArray(step.units)) {
    const manual = plan.steps.filter(({ uses }) => uses === 'inspect.sign').map(({ id }) => id.slice('sign-'.length));
    throw usageError('check-unknown', `run ${row.id} has no check "${request.check}" that a person signs`, {
      next: manual.length === 0 ? 'Nobody signs anything in it.' : `Checks to sign: ${manual.join(', ')}.`,
    });
  }
  const { evidence } = step.units[0]!.with as { evidence?: string };
  if (request.verdict === 'pass' && evidence === 'required' && request.evidence === undefined)
    throw usageError('evidence-missing', `the sign-off of ${request.check} needs an evidence file`, {
      next: 'Give it with --evidence FILE.',
    });
  // Whoever reads it later must know what was wrong, or why it was not looked at.
  if (request.verdict !== 'pass' && (request.reason ?? '').trim() === '')
    throw usageError('reason-missing', `"${request.verdict}" needs a reason`, { next: 'Give it with --reason TEXT.' });
  const deps = await (await app.runs()).deps({ sink: () => undefined });
  const { notBy } = step.units[0]!.with as { notBy?: string };
  // Said here, where another one can still sign: what is said to the run counts.
  if (notBy !== undefined && (await signersOf((await app.record()).facts, row.id, notBy)).includes(deps.actor))
    throw new OaopsError(
      'second-person-needed',
      `${deps.actor} has signed ${notBy}, and ${request.check} is for another person`,
      {
        exitCode: ExitCode.refused,
        next: 'Have somebody else sign it.',
      },
    );
  return answerUnit(deps, {
    run: row.id,
    step: step.id,
    value: request.verdict,
    ...(request.host === undefined ? {} : { unit: request.host }),
    ...(request.reason === undefined ? {} : { comment: request.reason }),
    ...(request.evidence === undefined ? {} : { file: request.evidence }),
  });
}

/**
 * Takes a failure upon oneself until a date, or ends that (`until` absent). From the next verdict on.
 * @throws OaopsError `check-unknown`, `host-unknown`, `date-invalid`, `reason-missing` (exit 2), `waiver-past`, `waiver-missing` (exit 4)
 */
export async function waiveCheck(
  app: App,
  request: {
    inspection: string;
    check: string;
    host?: string | undefined;
    until?: string | undefined;
    reason?: string | undefined;
  },
): Promise<Waiver & { ended: boolean }> {
  const row = await inspectionRun(app, request.inspection);
  const { facts } = await app.record();
  await refuseUnknown(app, row, request);
  const by = (await app.runs()).actor;
  const at = isoTime(app.clock.nowMs());
  const { check, host, until, reason = '' } = request;
  const about = { check, ...(host === undefined ? {} : { host }) };
  if (until === undefined) {
    const known = (await waiversOf(facts, row.runbook)).find(
      (waiver) => waiver.check === check && waiver.host === host,
    );
    if (!known)
      throw new OaopsError(
        'waiver-missing',
        host === undefined ? `there is no waiver for ${check}` : `there is no waiver for ${check} on ${host}`,
        {
          exitCode: ExitCode.refused,
          next: `See "oaops inspect waive ${row.runbook}".`,
        },
      );
    const ended = { ...known, by, reason: reason === '' ? known.reason : reason, ended: true };
    await addWaiver(facts, row.runbook, at, ended);
    return ended;
  }
  if (!isDate(until)) throw usageError('date-invalid', `"${until}" is no date`, { next: 'Write it as 2026-12-31.' });
  if (reason.trim() === '')
    throw usageError('reason-missing', 'a waiver needs a reason', { next: 'Give it with --reason TEXT.' });
  const timeZone = (await app.config()).settings.timeZone ?? localTimeZone();
  if (until < dateIn(timeZone, app.clock.nowMs()))
    throw new OaopsError('waiver-past', `${until} is over already`, {
      exitCode: ExitCode.refused,
      next: 'Give a day to come.',
    });
  const waiver = { ...about, until, by, reason };
  await addWaiver(facts, row.runbook, at, waiver);
  return { ...waiver, ended: false };
}

/** Waivers of an inspection: of the record and of its runbook as it last ran. */
export async function listWaivers(
  app: App,
  inspection: string,
): Promise<(Waiver & { from: 'record' | 'runbook'; expired: boolean })[]> {
  const row = await inspectionRun(app, inspection);
  const { runs, facts } = await app.record();
  const timeZone = (await app.config()).settings.timeZone ?? localTimeZone();
  const today = dateIn(timeZone, app.clock.nowMs());
  const written = expectedOf((await runs.plan(row.id)) as Plan).waivers.map((waiver) => ({
    ...waiver,
    from: 'runbook' as const,
  }));
  const recorded = (await waiversOf(facts, row.runbook)).map(({ at: _at, ...waiver }) => ({
    ...waiver,
    from: 'record' as const,
  }));
  return [...written, ...recorded].map((waiver) => ({ ...waiver, expired: waiver.until < today }));
}

async function refuseUnknown(
  app: App,
  row: RunRow,
  { check, host }: { check: string; host?: string | undefined },
): Promise<void> {
  const { pairs } = expectedOf((await (await app.record()).runs.plan(row.id)) as Plan);
  const ids = [...new Set(pairs.map((pair) => pair.check))];
  if (!ids.includes(check)) {
    const close = nearest(check, ids);
    throw usageError('check-unknown', `${row.runbook} has no check "${check}"`, {
      next: close === undefined ? `Its checks: ${ids.join(', ')}.` : `Did you mean "${close}"?`,
    });
  }
  const hosts = pairs.filter((pair) => pair.check === check).map((pair) => pair.host);
  if (host !== undefined && !hosts.includes(host))
    throw usageError('host-unknown', `${check} was not looked at on ${host}`, {
      next: `Hosts: ${hosts.slice(0, 20).join(', ')}.`,
    });
}
