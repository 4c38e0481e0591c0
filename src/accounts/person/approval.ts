import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { LocalizedText } from '../../runbook/types.ts';
import type { KnownPerson } from '../matching/people.ts';
import { type Staff, signingNames, tellPerson } from './staff.ts';

/** One signature that is needed before anything is made or given. */
export interface Approval {
  message: LocalizedText;
  /** Whose signature counts; absent: that of any second person. */
  from?: string[];
}

/** What is asked for, for one person. */
export interface Asked {
  person: KnownPerson;
  /** For people: `ldap zhangsan with cn=sales`. */
  what: string[];
}

export interface ApprovalContext {
  approval: 'head' | 'any' | 'none';
  staff: Staff;
  /** An allowed-signers file is there. */
  canApprove: boolean;
  /** Who asks for the run. */
  actor: string;
}

/** Of many people the first are named: the plan, which is signed with it, names all. */
const named = 5;

/** Why the head of a person cannot be asked; undefined: that is possible. */
export function headProblem(person: KnownPerson, { staff, actor }: ApprovalContext): OaopsError | undefined {
  const head = staff.head(person);
  if (!head)
    return refused(
      'head-unknown',
      person.manager === undefined
        ? `the roster names no head of ${tellPerson(person)} (${person.where})`
        : `the head of ${tellPerson(person)}, ${person.manager}, is nobody who is employed`,
      'Name the manager in the roster, or write "opening: {approval: any}".',
    );
  if (signingNames(head).some((name) => localPart(name) === localPart(actor)))
    return refused(
      'head-requests',
      `${actor} is the head of ${tellPerson(person)} and asks for the run: whoever asks cannot approve`,
      'Have somebody else start it, or write "opening: {approval: any}".',
    );
  return undefined;
}

/**
 * Who has to sign for what: each head once, for all of its people.
 * @throws OaopsError `head-unknown`, `head-requests`, `allowed-signers-missing` (exit 4)
 */
export function approvalsFor(asked: readonly Asked[], verb: LocalizedText, context: ApprovalContext): Approval[] {
  if (context.approval === 'none' || asked.length === 0) return [];
  if (!context.canApprove)
    throw refused(
      'allowed-signers-missing',
      'accounts and rights need the signature of a second person, and no file says whose keys count',
      'Set approvals.allowedSigners in the configuration, or write "opening: {approval: none}".',
    );
  if (context.approval === 'any') return [{ message: messageOf(asked, verb) }];
  for (const { person } of asked) {
    const problem = headProblem(person, context);
    if (problem) throw problem;
  }
  const byHead = Map.groupBy(asked, ({ person }) => context.staff.head(person)!);
  return [...byHead].map(([head, own]) => ({ message: messageOf(own, verb), from: signingNames(head) }));
}

function messageOf(asked: readonly Asked[], verb: LocalizedText): LocalizedText {
  const people = asked
    .slice(0, named)
    .map(({ person, what }) => `${tellPerson(person)}, ${placeOf(person)}: ${what.join('; ')}`);
  const more = asked.length - people.length;
  return {
    en: `${verb.en}: ${people.join(' | ')}${more > 0 ? ` | and ${more} more` : ''}`,
    'zh-CN': `${verb['zh-CN']}：${people.join(' | ')}${more > 0 ? ` | 另有 ${more} 人` : ''}`,
  };
}

function placeOf({ department = '-', post = '-' }: KnownPerson): string {
  return `${department} / ${post}`;
}

function localPart(name: string): string {
  return name.split('@')[0]!.toLowerCase();
}

function refused(code: string, message: string, next: string): OaopsError {
  return new OaopsError(code, message, { exitCode: ExitCode.refused, next });
}
