import { defaultRetry } from '../runbook/schema/steps.ts';
import type { LocalizedText, StepSpec } from '../runbook/types.ts';
import type { EntryItem } from './entry/entry.ts';
import { nameOf } from './entry/name.ts';
import type { Approval } from './person/approval.ts';
import { type OpeningItem, placeOf } from './person/opening.ts';
import { type AccountSpec, type Company, reviewSchema } from './schema/spec.ts';

/** An error of planning that ends a run before anything is changed. */
export interface Refusal {
  code: string;
  message: string;
  next?: string | undefined;
}

/** What the steps of a run are made of: everything that planning has found out. */
export interface AccountWork {
  /** The whole company, as a run needs it: secrets as references. */
  company: object;
  /** Entries that are changed, and those that are deleted after their hold. */
  changes: EntryItem[];
  deletions: EntryItem[];
  /** Accounts that are made. */
  openings: OpeningItem[];
  /** Left alone although something is to be done about it, one line each: the run is incomplete. */
  spared: string[];
  /** Left alone because that is the rule, such as protected accounts, one line each: nothing is left open by it. */
  kept?: string[];
  /** Why nothing is done at all: the run ends as refused, so that whoever is to hear of it does. */
  refusal?: Refusal;
  /** Why a second person has to sign before anything is changed; undefined: nobody has to. */
  secondPerson?: LocalizedText;
  /** Who else has to sign, such as the heads of those who get accounts or rights. */
  approvals?: Approval[];
  /** What people should know beside, one line each; nothing is left open by it. */
  notes?: string[];
  /** The sources are read again before anything is changed: people may have taken days to sign. */
  recheck?: boolean;
  /** Somebody may sign at all: an allowed-signers file is there. */
  canApprove: boolean;
}

const base = { parallel: 1, outputs: {}, retry: defaultRetry, onFailure: 'stop', idempotent: true } as const;

/** Ids that the kind gives to its own steps. */
export const ownStepIds =
  /^(audit|approve|sign|recheck|change|open|approve-delete|approve-\d+|delete|tell|policy|conclude)$/;

/** What steps under `finally` can read of the last step. */
export const conclusionOutputs = ['summary', 'lines', 'found', 'changed', 'left', 'counts', 'weak'];

/**
 * The steps of a run: what is found is recorded first, then people sign, then the sources are read again, then entry by entry is changed. Without
 * `work`, as validation knows it, nothing is found yet.
 */
export function expandAccounts(spec: AccountSpec, work?: AccountWork): StepSpec[] {
  const steps: StepSpec[] = [];
  const add = (step: StepSpec) => steps.push(step);
  const company = work?.company ?? {};
  const items = [...(work?.changes ?? []), ...(work?.deletions ?? [])];
  const review = spec.operation === 'review' ? (spec.review ?? reviewSchema.parse({})) : undefined;
  const signed = spec.operation === 'review' || (spec.operation === 'cleanup' && spec.cleanup?.sign !== 'none');

  if (spec.operation === 'policy')
    add({ ...base, id: 'policy', name: names.policy, uses: 'account.policy', with: { company } });
  else if (['audit', 'cleanup', 'review'].includes(spec.operation))
    add({
      ...base,
      id: 'audit',
      name: names.audit,
      uses: 'account.audit',
      with: {
        company,
        ...(spec.findings ? { findings: spec.findings } : {}),
        // What is changed afterwards needs every source.
        strict: spec.operation !== 'audit',
        ...leftAlone(work),
      },
    });
  else
    add({
      ...base,
      id: 'audit',
      name: names.prepare,
      uses: 'account.prepare',
      with: { company, ...leftAlone(work), notes: work?.notes ?? [] },
    });

  if (work?.secondPerson)
    add({ ...base, id: 'approve', name: names.approve, uses: 'approval', with: { message: work.secondPerson } });
  for (const [index, approval] of (work?.approvals ?? []).entries()) {
    const id = index === 0 && !work?.secondPerson ? 'approve' : `approve-${index + 1}`;
    add({ ...base, id, name: names.approve, uses: 'approval', with: { ...approval } });
  }
  if (signed && items.length > 0)
    add({
      ...base,
      id: 'sign',
      name: names.sign,
      uses: 'account.sign',
      with: {
        by: review ? 'heads' : (spec.cleanup?.sign ?? 'person'),
        default: review ? 'keep' : 'do',
        ...(review ? { withinMs: review.answerWithin, signers: review.signers } : {}),
      },
      outputs: { kept: 'result.kept' },
    });
  const rechecks = ['cleanup', 'review'].includes(spec.operation) && items.length > 0;
  if (rechecks || work?.recheck)
    add({
      ...base,
      id: 'recheck',
      name: names.recheck,
      uses: 'account.recheck',
      with: spec.cleanup ? { planMaxAgeMs: spec.cleanup.planMaxAge } : {},
      outputs: { dropped: 'result.dropped' },
    });
  const left = steps.map(({ id }) => id);
  const still = [...(left.includes('sign') ? [stillSigned] : []), ...(left.includes('recheck') ? [stillHolds] : [])];
  const eachItem = {
    ...base,
    with: { item: `\${{ item }}` },
    ...onlyIf(still),
    parallel: spec.cleanup?.parallel ?? 4,
    // One entry that cannot be changed says nothing about the next.
    onFailure: 'continue',
  } as const;
  if (work && work.changes.length > 0)
    add({
      ...eachItem,
      id: 'change',
      name: names.change,
      uses: 'account.change',
      forEach: work.changes.map(labelled),
      undo: { uses: 'account.restore', with: { item: `\${{ item }}` }, scope: 'target', mode: 'auto' },
    });
  if (work && work.openings.length > 0)
    add({
      ...eachItem,
      parallel: 1,
      id: 'open',
      name: names.open,
      uses: 'account.open',
      forEach: work.openings.map((item) => ({ label: `${placeOf(item)} (${item.directory})`, ...item })),
      undo: { uses: 'account.close', with: { item: `\${{ item }}` }, scope: 'target', mode: 'auto' },
    });
  if (work && work.deletions.length > 0) {
    const before = steps.at(-1)!.id;
    if (work.canApprove && !work.secondPerson)
      add({
        ...base,
        id: 'approve-delete',
        name: names.approveDelete,
        uses: 'approval',
        with: {
          message: {
            en: `Delete ${work.deletions.length} accounts after their hold`,
            'zh-CN': `删除 ${work.deletions.length} 个保留期满的账号`,
          },
        },
        needs: [before],
      });
    add({
      ...eachItem,
      id: 'delete',
      name: names.delete,
      uses: 'account.delete',
      forEach: work.deletions.map(labelled),
      undo: { uses: 'account.restore', with: { item: `\${{ item }}` }, scope: 'target', mode: 'auto' },
    });
  }
  const deletedAfter = spec.operation === 'cleanup' ? shortestHold(spec) : undefined;
  // Without a channel nobody is told: a step that writes, and cannot be taken back, would only stand in the way of an undo.
  const isTold = (company as Partial<Company>).notice?.channel !== undefined;
  if (work && isTold && (items.length > 0 || work.openings.length > 0))
    add({
      ...base,
      id: 'tell',
      name: names.tell,
      uses: 'account.tell',
      with: deletedAfter === undefined ? {} : { deletedAfterMs: deletedAfter },
      idempotent: false,
      onFailure: 'continue',
      tells: true,
    });
  add({
    ...base,
    id: 'conclude',
    name: names.conclude,
    uses: 'account.conclude',
    with: { operation: spec.operation, failOn: spec.failOn, ended: endedEarly(steps) },
    outputs: Object.fromEntries(conclusionOutputs.map((name) => [name, `result.${name}`])),
    always: true,
    tells: true,
  });
  return [...steps, ...(spec.finally ?? []).map((step) => ({ ...step, always: true, tells: true as const }))];
}

function leftAlone({ spared = [], kept = [], refusal }: Partial<AccountWork> = {}) {
  return { spared, kept, ...(refusal ? { refusal } : {}) };
}

/** Why the run came no further than its first steps, once it runs; empty: it did. A directory that fails one entry says nothing about the run. */
function endedEarly(steps: readonly StepSpec[]): string {
  const deciding = steps.filter(({ onFailure }) => onFailure === 'stop');
  const why = deciding.reduceRight(
    (rest, { id }) => `steps["${id}"].status == "failed" ? string(steps["${id}"].message) : ${rest}`,
    '""',
  );
  return `\${{ ${why} }}`;
}

interface Condition {
  if: string;
  ifText: LocalizedText;
}

const stillSigned: Condition = {
  if: '!(item.line in steps.sign.outputs.kept)',
  ifText: { en: 'for those that are kept when the list is signed', 'zh-CN': '签字确认时决定保留的' },
};
const stillHolds: Condition = {
  if: '!(item.line in steps.recheck.outputs.dropped)',
  ifText: { en: 'for those that no longer hold when the sources are read again', 'zh-CN': '重新核对后已不成立的' },
};

/** Of all that hold for each entry. */
function onlyIf(conditions: readonly Condition[]): Partial<Condition> {
  if (conditions.length === 0) return {};
  const texts = conditions.map(({ ifText }) => ifText);
  return {
    if: conditions.map((one) => one.if).join(' && '),
    ifText: {
      en: `not ${texts.map(({ en }) => en).join(', nor ')}`,
      'zh-CN': `不处理${texts.map((text) => text['zh-CN']).join('、')}`,
    },
  };
}

/** What a unit is called in plans and on the screen. */
export function labelled(item: EntryItem): EntryItem & { label: string } {
  return { label: `${nameOf(item.ref)} (${item.directory})`, ...item };
}

/** Of several rules the shortest: whoever objects by then is never too late. */
function shortestHold({ cleanup }: AccountSpec): number | undefined {
  const holds = cleanup?.rules.flatMap(({ deleteAfter }) => deleteAfter ?? []) ?? [];
  return holds.length === 0 ? undefined : Math.min(...holds);
}

const names = {
  audit: { en: 'Compare accounts with people', 'zh-CN': '账号与人员比对' },
  prepare: { en: 'Look at the person and the accounts', 'zh-CN': '核对人员与账号' },
  policy: { en: 'Read the password policies', 'zh-CN': '读取密码策略' },
  approve: { en: 'Second person’s approval', 'zh-CN': '双人审批' },
  sign: { en: 'Sign the list', 'zh-CN': '清单签字确认' },
  recheck: { en: 'Read the sources again', 'zh-CN': '重新核对人员名册' },
  change: { en: 'Change the accounts', 'zh-CN': '处理账号' },
  open: { en: 'Open the accounts', 'zh-CN': '开通账号' },
  approveDelete: { en: 'Approval to delete', 'zh-CN': '删除审批' },
  delete: { en: 'Delete held accounts', 'zh-CN': '删除保留期满账号' },
  tell: { en: 'Tell the people concerned', 'zh-CN': '通知相关人员' },
  conclude: { en: 'Conclusion', 'zh-CN': '结论' },
} satisfies Record<string, LocalizedText>;
