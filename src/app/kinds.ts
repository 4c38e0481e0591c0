import { accountKind } from '../accounts/account-kind.ts';
import { backupKind } from '../backup/backup-kind.ts';
import { restoreDrillKind } from '../backup/drill/restore-drill-kind.ts';
import { checkTypes } from '../inspect/checks/registry.ts';
import { inspectionKind } from '../inspect/inspection-kind.ts';
import { manualSchema, manualTitle, manualType } from '../inspect/manual.ts';
import { rolloutKind } from '../rollout/rollout-kind.ts';
import { procedureKind } from '../runbook/procedure-kind.ts';
import type { CheckSchema, KindDefinition } from '../runbook/types.ts';

/** Every kind of runbook, in the order of the reference page. */
export const kindList: readonly KindDefinition[] = [
  procedureKind,
  backupKind,
  restoreDrillKind,
  rolloutKind,
  inspectionKind,
  accountKind,
];

/** Every type of check of an inspection. */
export const checkList: readonly CheckSchema[] = [
  ...checkTypes,
  { name: manualType, title: manualTitle, place: 'person', withSchema: manualSchema },
];
