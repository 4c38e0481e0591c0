import type { Audit } from '../../accounts/audit/audit.ts';
import { isRead } from '../../accounts/audit/read-all.ts';
import type { AccountWork } from '../../accounts/expand.ts';
import { planOpenings } from '../../accounts/person/open.ts';
import type { PersonPlan } from '../../accounts/person/person-plan.ts';
import { readRequest, requestsOf } from '../../accounts/person/request-file.ts';
import { planRevocation } from '../../accounts/person/revoke.ts';
import { Staff } from '../../accounts/person/staff.ts';
import { planTransfer } from '../../accounts/person/transfer.ts';
import { heldAccounts } from '../../accounts/record/held.ts';
import type { AccountSpec, Company } from '../../accounts/schema/spec.ts';
import { usageError } from '../../core/errors.ts';
import { dateIn, localTimeZone } from '../../core/zoned-time.ts';
import { accountDoors } from './doors.ts';
import type { WorkContext } from './work.ts';

type Work = Omit<AccountWork, 'company' | 'secondPerson'> & { reasons?: readonly string[] };

/** Accounts for one person, or for those of a list (AC-01). @throws OaopsError as `planOpenings` does */
export async function openingWork(spec: AccountSpec, company: Company, context: WorkContext): Promise<Work> {
  const { app, actor, canApprove } = context;
  const { settings } = await app.config();
  const [person, request] = [given(spec.person), given(spec.request)];
  if ((person === undefined) === (request === undefined))
    throw usageError('person-missing', 'an opening is for one person, or for those of a list', {
      next: 'Give either --person ID or --request FILE.',
    });
  const [login, until] = [given(spec.login), given(spec.until)];
  if (request !== undefined && (login !== undefined || until !== undefined))
    throw usageError('request-login', 'a login or a last day is for one person, and a list names several', {
      next: 'Use the columns "login" and "endsOn" of the list.',
    });
  const doors = await accountDoors(app, { host: noHost, hostNames: () => [] });
  const rows = request === undefined ? undefined : await readRequest(request, doors);
  const audit = await context.audit();
  const timeZone = settings.timeZone ?? localTimeZone();
  const requests = rows
    ? requestsOf(rows, new Staff(audit.read.sources.filter(isRead), company.matching.ignoreCase))
    : [{ person: person!, ...(login === undefined ? {} : { login }), ...(until === undefined ? {} : { until }) }];
  const { openings, approvals, notes } = planOpenings(audit, company, requests, {
    canApprove,
    actor,
    timeZone,
    hostNames: context.hostNames,
    todayDate: dateIn(timeZone, audit.atMs),
    channels: Object.fromEntries(
      Object.entries(settings.notify?.channels ?? {}).map(([name, { type }]) => [name, type]),
    ),
  });
  return {
    changes: [],
    deletions: [],
    openings,
    approvals,
    notes,
    spared: [],
    canApprove,
    recheck: approvals.length > 0,
  };
}

/** Rights after a transfer (AC-03). @throws OaopsError as `planTransfer` does */
export async function transferWork(spec: AccountSpec, company: Company, context: WorkContext): Promise<Work> {
  const { app, actor, canApprove } = context;
  const person = required(spec);
  const audit = await context.audit();
  const todayDate = dateIn((await app.config()).settings.timeZone ?? localTimeZone(), audit.atMs);
  return workOf(planTransfer(audit, company, person, { canApprove, actor, todayDate }), canApprove);
}

/** Closing at once (AC-03). @throws OaopsError as `planRevocation` does */
export async function revocationWork(spec: AccountSpec, company: Company, context: WorkContext): Promise<Work> {
  const { app, actor, canApprove } = context;
  const person = required(spec);
  const reason = given(spec.reason);
  const audit: Audit = await context.audit({ sourcesMayFail: true });
  const held = await heldAccounts((await app.record()).facts);
  const plan = planRevocation(audit, company, person, { actor, held, ...(reason === undefined ? {} : { reason }) });
  return workOf(plan, canApprove);
}

function workOf({ changes, approvals, spared, kept, notes, secondPerson }: PersonPlan, canApprove: boolean): Work {
  const waits = approvals.length > 0 || secondPerson.length > 0;
  return {
    changes,
    deletions: [],
    openings: [],
    approvals,
    spared,
    kept,
    notes,
    canApprove,
    // Nothing is looked at again where nobody waits.
    ...(waits ? { recheck: true } : {}),
    ...(secondPerson.length > 0 ? { reasons: secondPerson } : {}),
  };
}

function required(spec: AccountSpec): string {
  const person = given(spec.person);
  if (person !== undefined) return person;
  throw usageError('person-missing', `"${spec.operation}" is about a person, and none is named`, {
    next: 'Give --person ID, or -i person=ID.',
  });
}

/** Inputs that nobody gave are null, or empty. */
function given(text: string | null | undefined): string | undefined {
  return text === undefined || text === null || text.trim() === '' ? undefined : text.trim();
}

async function noHost(): Promise<never> {
  throw usageError('request-file', 'a request is a file on this machine');
}
