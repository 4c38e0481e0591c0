import type { RuleId } from '../rules.ts';
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
  metadata: Partial<RunbookMetadata>;
  findings: Finding[];
  report(rule: RuleId, path: Path, message: string, next?: string, part?: 'key' | 'value'): void;
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
  return {
    document,
    catalogue,
    kind,
    spec,
    inputs: isMapping(spec['inputs']) ? spec['inputs'] : {},
    steps: (kind?.stepPaths ?? [['spec', 'steps']]).flatMap((path) => rawSteps(root, [...path])),
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

function rawSteps(root: Mapping, path: Path): RawStep[] {
  const list = path.reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), root);
  if (!Array.isArray(list)) return [];
  return list.flatMap((raw, index) => {
    if (!isMapping(raw)) return [];
    return [{ path: [...path, index], raw, id: typeof raw['id'] === 'string' ? raw['id'] : undefined }];
  });
}
