import type { AnyAction } from '../engine/action.ts';
import { accountAudit } from './account/audit.ts';
import { accountChange, accountDelete } from './account/change.ts';
import { accountConclude } from './account/conclude.ts';
import { accountClose, accountOpen } from './account/open.ts';
import { accountPolicy } from './account/policy.ts';
import { accountPrepare } from './account/prepare.ts';
import { accountRecheck } from './account/recheck.ts';
import { accountRestore } from './account/restore.ts';
import { accountSign } from './account/sign.ts';
import { accountTell } from './account/tell.ts';
import { backupCreate } from './backup-create.ts';
import { backupLoad } from './backup-load.ts';
import { backupPrune } from './backup-prune.ts';
import { backupRestore } from './backup-restore.ts';
import { backupVerify } from './backup-verify.ts';
import { drillJudge } from './drill-judge.ts';
import { drillRestore } from './drill-restore.ts';
import { exec } from './exec.ts';
import { fileHash } from './file-hash.ts';
import { fileWrite } from './file-write.ts';
import { approval } from './flow/approval.ts';
import { assert } from './flow/assert.ts';
import { manualConfirm, manualInput } from './flow/manual.ts';
import { wait } from './flow/wait.ts';
import { httpRequest } from './http-request.ts';
import { inspectCollect } from './inspect-collect.ts';
import { inspectJudge } from './inspect-judge.ts';
import { inspectSign } from './inspect-sign.ts';
import { notify } from './notify.ts';
import { patchCheck } from './patch-check.ts';
import { patchFeedback } from './patch-feedback.ts';
import { patchRecord } from './patch-record.ts';
import { patchRefresh } from './patch-refresh.ts';
import { patchRequire } from './patch-require.ts';
import { sshExec } from './ssh-exec.ts';
import { sshUpload } from './ssh-upload.ts';

/**
 * Every action that a step can use, in the order of the reference page. An action file imports no heavy library at its top:
 * validation and `runbook list` read this list.
 */
export const actionList: readonly AnyAction[] = [
  exec,
  sshExec,
  sshUpload,
  httpRequest,
  fileWrite,
  fileHash,
  notify,
  manualConfirm,
  manualInput,
  approval,
  wait,
  assert,
  backupCreate,
  backupVerify,
  backupPrune,
  backupRestore,
  backupLoad,
  drillRestore,
  drillJudge,
  patchRequire,
  patchRecord,
  patchFeedback,
  patchCheck,
  patchRefresh,
  inspectCollect,
  inspectSign,
  inspectJudge,
  accountAudit,
  accountPrepare,
  accountPolicy,
  accountSign,
  accountRecheck,
  accountChange,
  accountDelete,
  accountRestore,
  accountOpen,
  accountClose,
  accountTell,
  accountConclude,
];

/** The actions by name. */
export const actionsByName: ReadonlyMap<string, AnyAction> = new Map(actionList.map((action) => [action.name, action]));
