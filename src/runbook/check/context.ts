import { nearest } from '../../core/nearest.ts';
import type { RuleId } from '../rules.ts';
import { maxSteps } from '../schema/steps.ts';
import type { Catalogue, Finding, KindDefinition, RunbookMetadata } from '../types.ts';
import type { Path, YamlDocument } from '../yaml/document.ts';
import { rangeInScalar } from '../yaml/scalar-position.ts';

export type Mapping = Record<string, unknown>;

/** A step as it stands in the document, whatever the schema says of it: rules must not wait for a clean schema. */
export interface RawStep {
  path: Path;
  raw: Mapping;
  id: string | undefined;
}

/** What the rules share: the raw document and a way to report. */
export interface CheckContext {
  document: YamlDocument;
  catalogue: Catalogue;
  kind: KindDefinition | undefined;
  spec: Mapping;
  inputs: Mapping;
  steps: RawStep[];
  /** False when a list of steps is missing or has items that are none, or a step has no id: what is not found there may yet be meant. */
  stepsWhole: boolean;
  /** False when the declared inputs cannot be told. */
  inputsKnown: boolean;
  /** Inputs that a misspelt name in an expression most likely means. */
  meantInputs: Set<string>;
  metadata: Partial<RunbookMetadata>;
  findings: Finding[];
  report(rule: RuleId, path: Path, message: string, next?: string, part?: 'key' | 'value'): void;
  /** The known word most like `word`, while the file has not asked too often: a hostile file must not take minutes. */
  suggest(word: string, known: Iterable<string>): string | undefined;
  /** As `report`, for `start..end` inside the text at `path`. */
  reportInside(rule: RuleId, path: Path, start: number, end: number, message: string, next?: string): void;
}

export function isMapping(value: unknown): value is Mapping {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function makeContext(
  document: YamlDocument,
  catalogue: Catalogue,
  kind: KindDefinition | undefined,
  findings: Finding[],
): CheckContext {
  const root = isMapping(document.data) ? document.data : {};
  const spec = isMapping(root['spec']) ? root['spec'] : {};
  const report: CheckContext['report'] = (rule, path, message, next, part) =>
    findings.push(document.finding(rule, document.rangeOf(path, part), message, next));
  const stepPaths = (kind?.stepPaths ?? [['spec', 'steps']]).map((path) => [...path]);
  let suggestionsLeft = 200;
  return {
    document,
    catalogue,
    kind,
    spec,
    inputs: isMapping(spec['inputs']) ? spec['inputs'] : {},
    steps: stepPaths.flatMap((path) => rawSteps(root, path)),
    stepsWhole: kind !== undefined && !document.hasGaps && stepPaths.every((path) => isWhole(listAt(root, path), path)),
    inputsKnown: true,
    meantInputs: new Set(),
    suggest: (word, known) => (--suggestionsLeft < 0 ? undefined : nearest(word, known)),
    metadata: isMapping(root['metadata']) ? (root['metadata'] as Partial<RunbookMetadata>) : {},
    findings,
    report,
    reportInside: (rule, path, start, end, message, next) => {
      const scalar = document.scalarAt(path);
      const range = scalar ? rangeInScalar(document.text, scalar, start, end) : document.rangeOf(path);
      findings.push(document.finding(rule, range, message, next));
    },
  };
}

function listAt(root: Mapping, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), root);
}

function isWhole(list: unknown, path: Path): boolean {
  // Steps before and after the work of a kind may be left out.
  if (list === undefined) return path.at(-1) !== 'steps';
  if (!Array.isArray(list) || list.length === 0 || list.length > maxSteps) return false;
  return list.every((raw) => isMapping(raw) && typeof raw['id'] === 'string');
}

function rawSteps(root: Mapping, path: Path): RawStep[] {
  const list = listAt(root, path);
  // A list that is too long is a finding of the schema; its order is not looked at.
  if (!Array.isArray(list) || list.length > maxSteps) return [];
  return list.flatMap((raw, index) => {
    if (!isMapping(raw)) return [];
    return [{ path: [...path, index], raw, id: typeof raw['id'] === 'string' ? raw['id'] : undefined }];
  });
}
