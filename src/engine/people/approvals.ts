import { messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { canonicalJson } from '../../core/json.ts';
import type { RunInputRow } from '../../record/types.ts';
import type { ApprovalRow } from '../action.ts';
import type { RunContext } from '../deps.ts';
import type { Plan } from '../plan/plan-types.ts';
import type { SignatureDoor } from '../ports.ts';

/** Namespaces of SSH signatures: one made for one purpose is worth nothing for another (ssh-keygen(1), -n). */
export const approvalNamespace = 'oaops-approval';
export const planNamespace = 'oaops-plan';

/** What an approver signs, as canonical JSON. */
export interface ApprovalMessage {
  /** Digest of the plan. */
  digest: string;
  run: string;
  step: string;
  /** ISO UTC. */
  expiresAt: string;
  nonce: string;
  requester: string;
  /** What the step asked to have signed: an override. */
  about?: string;
}

export interface StoredApproval {
  message: ApprovalMessage;
  signature: string;
}

/** Who asked for the run: a name, and the key when the plan was signed. */
export interface Requester {
  name: string;
  keyFingerprint?: string;
}

/** The signed text. */
export function approvalText(message: ApprovalMessage): string {
  return canonicalJson(message);
}

/**
 * Verifies one approval against the plan it claims to be for.
 * @throws OaopsError exit 4: `approval-mismatch`, `approval-own`, `signature-invalid`, `signer-unknown`, `allowed-signers-changed`
 */
export async function verifyApproval(
  stored: StoredApproval,
  context: { plan: Plan; runId: string; step: string; requester: Requester; signatures: SignatureDoor; atMs: number },
): Promise<ApprovalRow> {
  const { message, signature } = stored;
  const { plan, runId, step, requester } = context;
  if (
    message.digest !== plan.digest ||
    message.run !== runId ||
    message.step !== step ||
    message.requester !== requester.name
  ) {
    throw refused('approval-mismatch', 'the approval was signed for another plan, run, step or requester');
  }
  const allowed = await checkedSigners(plan, context.signatures);
  const signer = await context.signatures.verify({
    data: approvalText(message),
    signature,
    namespace: approvalNamespace,
    allowedSigners: allowed,
    atMs: context.atMs,
  });
  const names = signer.principals ?? [signer.principal];
  if (names.some((name) => isSamePerson(name, requester.name)) || signer.keyFingerprint === requester.keyFingerprint) {
    throw refused(
      'approval-own',
      `${signer.principal} asked for this run and cannot approve it`,
      'Have a second person run "oaops approve".',
    );
  }
  return {
    principal: signer.principal,
    principals: names,
    keyFingerprint: signer.keyFingerprint,
    atMs: context.atMs,
    expiresAtMs: Date.parse(message.expiresAt),
    ...(message.about === undefined ? {} : { about: message.about }),
    signature,
  };
}

/**
 * Approvals of a step so far, oldest first, each verified again: rows in the record are claims, signatures are proof. Whoever signed again, another
 * text or in place of what expired, is there again: `ofDifferentPersons` counts.
 */
export async function validApprovals(run: RunContext, step: string, unit: string): Promise<ApprovalRow[]> {
  const rows = run.journal.view.inputsFor('approval', step, unit);
  const requester = requesterOf(run.requester, run.journal.view.inputs);
  const signatures = await run.deps.signatures();
  const valid: ApprovalRow[] = [];
  for (const row of rows) {
    try {
      const approval = await verifyApproval(row.body as StoredApproval, {
        plan: run.plan,
        runId: run.runId,
        step,
        requester,
        signatures,
        atMs: Date.parse(row.at),
      });
      valid.push(approval);
    } catch (error) {
      if (error instanceof OaopsError && error.code.startsWith('allowed-signers')) throw error;
      run.emit({
        event: 'run.warning',
        time: run.now(),
        run: run.runId,
        message: `an approval of ${step} does not count: ${messageOf(error)}`,
      });
    }
  }
  return valid;
}

/** The requester as stored with the run. */
export function requesterOf(name: string, inputs: readonly RunInputRow[]): Requester {
  const request = inputs.find((row) => row.kind === 'request')?.body as { keyFingerprint?: string } | undefined;
  return { name, ...(request?.keyFingerprint ? { keyFingerprint: request.keyFingerprint } : {}) };
}

/**
 * The allowed-signers file of the plan, unchanged since.
 * @throws OaopsError `allowed-signers-missing`, `allowed-signers-unsafe`, `allowed-signers-changed` (exit 4)
 */
export async function checkedSigners(plan: Plan, signatures: SignatureDoor): Promise<string> {
  if (!plan.allowedSigners) throw signersMissing();
  const now = await signatures.allowedSigners(plan.allowedSigners.path);
  if (now.sha256 !== plan.allowedSigners.sha256) {
    throw refused(
      'allowed-signers-changed',
      `${plan.allowedSigners.path} is not the file that the plan was made with`,
      'Start a new run, so that the plan names the people who may approve now.',
    );
  }
  return plan.allowedSigners.path;
}

/**
 * A plan that needs an approval which nobody could give would do its first steps and then wait for good.
 * @throws OaopsError `allowed-signers-missing` (exit 4)
 */
export function refuseUnapprovable(plan: Plan): void {
  const asks = plan.steps.some((step) => mayAskForApproval(step) && step.condition !== false);
  if (asks && !plan.allowedSigners) throw signersMissing();
}

/**
 * A step that only somebody can sign who is not in the file would wait until it expires.
 * @throws OaopsError `approver-unknown` (exit 4)
 */
export function refuseUnknownApprovers(plan: Plan, signers: readonly string[]): void {
  for (const { id, uses, condition, units } of plan.steps) {
    if (uses !== 'approval' || condition === false || !Array.isArray(units)) continue;
    for (const { with: args } of units) {
      const { from } = args;
      if (!isNames(from) || from.some((name) => signers.includes(name))) continue;
      throw refused(
        'approver-unknown',
        `nobody who may approve "${id}" is in ${plan.allowedSigners?.path}: ${from.join(', ')}`,
        'Add a line with one of these names and the key of that person.',
      );
    }
  }
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
}

/** The step waits for a second person, or may come to do so. */
export function mayAskForApproval(step: { uses: string; secondPerson?: true }): boolean {
  return step.uses === 'approval' || step.secondPerson === true;
}

function signersMissing(): OaopsError {
  return refused(
    'allowed-signers-missing',
    'the plan names no allowed-signers file',
    'Set approvals.allowedSigners in the configuration and start a new run.',
  );
}

/**
 * One approval of each person among `approvals`, the one that holds longest: a person counts once, however often, with however many keys and under
 * however many names. `known`: all that say which keys and names are one person's.
 */
export function ofDifferentPersons(
  approvals: readonly ApprovalRow[],
  known: readonly ApprovalRow[] = approvals,
): ApprovalRow[] {
  const persons: ApprovalRow[][] = [];
  for (const approval of known) {
    const same = persons.filter((person) => person.some((other) => isSameApprover(other, approval)));
    for (const person of same) persons.splice(persons.indexOf(person), 1);
    persons.push([...same.flat(), approval]);
  }
  return persons.flatMap((person) => {
    const own = person.filter((one) => approvals.includes(one));
    return own.length === 0 ? [] : [own.reduce((one, other) => (other.expiresAtMs > one.expiresAtMs ? other : one))];
  });
}

function isSameApprover(one: ApprovalRow, other: ApprovalRow): boolean {
  if (one.keyFingerprint === other.keyFingerprint) return true;
  return one.principals.some((name) => other.principals.some((second) => isSamePerson(name, second)));
}

/** Given by somebody else than this person. */
export function isByAnother(approval: ApprovalRow, person: string): boolean {
  return !approval.principals.some((name) => isSamePerson(name, person));
}

/** `alice` and `alice@example.com` are one person: a login name against the principal of a key. */
function isSamePerson(principal: string, requester: string): boolean {
  const local = (name: string) => name.split('@')[0]!.toLowerCase();
  return principal.includes('@') && requester.includes('@')
    ? principal.toLowerCase() === requester.toLowerCase()
    : local(principal) === local(requester);
}

function refused(code: string, message: string, next?: string): OaopsError {
  return new OaopsError(code, message, { exitCode: ExitCode.refused, ...(next ? { next } : {}) });
}
