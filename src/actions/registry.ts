import type { AnyAction } from '../engine/action.ts';
import { approval } from './flow/approval.ts';
import { assert } from './flow/assert.ts';
import { manualConfirm, manualInput } from './flow/manual.ts';
import { wait } from './flow/wait.ts';

/**
 * Every action that a step can use, in the order of the reference page. An action file imports no heavy library at its top:
 * validation and `runbook list` read this list.
 */
export const actionList: readonly AnyAction[] = [manualConfirm, manualInput, approval, wait, assert];

/** The actions by name. */
export const actionsByName: ReadonlyMap<string, AnyAction> = new Map(actionList.map((action) => [action.name, action]));
