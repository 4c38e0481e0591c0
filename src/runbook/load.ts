import { resolve } from 'node:path';
import { errnoOf, messageOf, usageError } from '../core/errors.ts';
import { sha256Hex } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import { formatSize } from '../core/units.ts';
import { checkCalls, checkChecks } from './check/calls.ts';
import { type CheckContext, isMapping, makeContext } from './check/context.ts';
import { checkExpressions } from './check/expressions.ts';
import { checkGraph } from './check/graph.ts';
import { checkHeader } from './check/header.ts';
import { checkExpanded, checkKindRules } from './check/kind-rules.ts';
import { checkSchema } from './check/zod-findings.ts';
import { readCapped } from './read-capped.ts';
import { anyKindEnvelope, envelopeOf } from './schema/envelope.ts';
import type { Catalogue, Finding, KindDefinition, Runbook, RunbookMetadata, StepSpec } from './types.ts';
import { parseYaml } from './yaml/document.ts';
import { decodeText, defaultLimits, findingAt, type Limits } from './yaml/text.ts';

/** What checking one file gives. `runbook` is there when no finding is an error. */
export interface Checked {
  file: string;
  runbook?: Runbook;
  findings: Finding[];
  /** Name and version as far as they could be read, for rules across files. */
  name?: string;
  version?: string;
  /** The document as plain data, for comparison with another version; absent when it is not readable. */
  data?: unknown;
  /** A finding at the value of `metadata.<key>`, for rules across files. */
  findingAtMetadata?: (
    rule: Finding['rule'] & ('name-duplicate' | 'version-not-raised'),
    key: 'name' | 'version',
    message: string,
    next?: string,
  ) => Finding;
}

export interface CheckOptions {
  catalogue: Catalogue;
  limits?: Limits;
  /** Folder that a relative file name starts from; default the working directory. Findings keep the name as given. */
  cwd?: string;
}

/** Reads and checks a file. A file that cannot be read is a finding, not an error. */
export function checkFile(file: string, options: CheckOptions): Checked {
  const limits = options.limits ?? defaultLimits;
  let read: ReturnType<typeof readCapped>;
  try {
    read = readCapped(resolve(options.cwd ?? '.', file), limits.maxSizeBytes);
  } catch (error) {
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'no permission to read the file',
      EISDIR: 'this is a folder, not a file',
      ELOOP: 'its symbolic links lead in a circle',
    };
    const message = reasons[errnoOf(error) ?? ''] ?? messageOf(error);
    return { file, findings: [findingAt('file-unreadable', { file, line: 1, col: 1 }, message)] };
  }
  if (read.bytes === undefined) return { file, findings: [tooLarge(file, read.sizeBytes, limits)] };
  return checkText(read.bytes, file, options);
}

/** Checks a text; `file` is what findings and the runbook call it. Never throws on any text. */
export function checkText(
  content: string | Uint8Array,
  file: string,
  { catalogue, limits = defaultLimits }: CheckOptions,
): Checked {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (bytes.length > limits.maxSizeBytes) return { file, findings: [tooLarge(file, bytes.length, limits)] };
  const decoded = decodeText(bytes, file);
  if (decoded.text === undefined) return { file, findings: decoded.findings };
  const document = parseYaml(decoded.text, file, limits);
  const findings = decoded.findings.concat(document.findings);
  if (!document.sound) return { file, findings: ordered(findings) };

  const root = isMapping(document.data) ? document.data : {};
  const kind = catalogue.kinds.find((known) => known.kind === root['kind']);
  const context = makeContext(document, catalogue, kind, findings);
  const schema = checkSchema(document, {
    schema: kind ? envelopeOf(kind) : anyKindEnvelope,
    data: document.data,
    base: [],
    templates: false,
  });
  for (const finding of schema.findings) findings.push(finding);
  if (isMapping(document.data)) {
    if (!kind) unknownKind(context, root['kind']);
    const order = checkGraph(context);
    checkCalls(context);
    checkChecks(context);
    checkExpressions(context, order);
    checkHeader(context);
    if (kind) checkKindRules(context, kind, schema.ok);
  }

  let runbook: Runbook | undefined;
  if (kind && schema.ok && !findings.some(isError)) {
    runbook = normalise(schema.value as Envelope, kind, context, {
      file,
      text: Buffer.from(bytes).toString('utf8'),
      sha256: sha256Hex(bytes),
    });
  }
  const name = context.metadata.name;
  const version = context.metadata.version;
  return {
    file,
    findings: ordered(findings),
    data: document.data,
    ...(runbook && !findings.some(isError) ? { runbook } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof version === 'string' ? { version } : {}),
    findingAtMetadata: (rule, key, message, next) =>
      document.finding(rule, document.rangeOf(['metadata', key]), message, next),
  };
}

/**
 * The runbook of a file, or of `text` given for it.
 * @throws OaopsError `runbook-invalid` (exit 2); `details.findings` holds all findings, the message the first error
 */
export function loadRunbook(file: string, options: CheckOptions & { text?: string | Uint8Array }): Runbook {
  const checked = options.text === undefined ? checkFile(file, options) : checkText(options.text, file, options);
  if (checked.runbook) return checked.runbook;
  const errors = checked.findings.filter(isError);
  const first = errors[0]!;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw usageError('runbook-invalid', `${first.message}${more}`, {
    next: `${first.next ? `${first.next} ` : ''}Run "oaops runbook validate ${file}" to see all findings.`,
    position: { file, line: first.line, col: first.col },
    details: { findings: checked.findings },
  });
}

/** Most findings that are told of one file. */
const maxFindings = 1000;

export function isError(finding: Finding): boolean {
  return finding.severity === 'error';
}

interface Envelope {
  apiVersion: 'oaops/v1';
  kind: string;
  metadata: RunbookMetadata;
  spec: Partial<Pick<Runbook, 'inputs' | 'inventory' | 'maxParallelSteps' | 'schedule'>>;
}

/** The one shape that everybody else works with, whatever the kind and the version of the envelope. */
function normalise(
  envelope: Envelope,
  kind: KindDefinition,
  context: CheckContext,
  source: Runbook['source'],
): Runbook | undefined {
  const { apiVersion, metadata, spec } = envelope;
  const expanded = checkExpanded(context, kind, spec, metadata);
  if (expanded === undefined) return undefined;
  return {
    apiVersion,
    kind: kind.kind,
    metadata,
    inputs: spec.inputs ?? {},
    ...(spec.inventory === undefined ? {} : { inventory: spec.inventory }),
    maxParallelSteps: spec.maxParallelSteps ?? 4,
    steps: expanded.map((step) => withActionDefaults(step, context)),
    ...(spec.schedule === undefined ? {} : { schedule: spec.schedule }),
    spec,
    source,
  };
}

/** `idempotent` is the action's own answer unless the runbook says otherwise. */
function withActionDefaults(step: StepSpec, { steps, catalogue }: CheckContext): StepSpec {
  const written = steps.find(({ id }) => id === step.id)?.raw;
  if (written === undefined || written['idempotent'] !== undefined) return step;
  return { ...step, idempotent: catalogue.actions.find(({ name }) => name === step.uses)?.idempotent ?? false };
}

/** The schema without a kind cannot tell which kinds there are. */
function unknownKind(context: CheckContext, kind: unknown): void {
  const kinds = context.catalogue.kinds.map((known) => known.kind);
  if (kind === undefined) {
    const found = context.findings.find(({ rule }) => rule === 'kind-unknown');
    if (found) found.next = `Add "kind": one of ${kinds.join(', ')}.`;
  } else if (typeof kind === 'string') {
    const close = nearest(kind, kinds);
    const next = close === undefined ? `Known kinds: ${kinds.join(', ')}.` : `Did you mean "${close}"?`;
    context.report('kind-unknown', ['kind'], `there is no kind "${kind}"`, next);
  }
}

function tooLarge(file: string, sizeBytes: number, limits: Limits): Finding {
  const [size, most] = [formatSize(sizeBytes), formatSize(limits.maxSizeBytes)];
  const message = `the file has ${size === most ? 'more' : size}; a runbook may have ${most}`;
  return findingAt(
    'file-too-large',
    { file, line: 1, col: 1 },
    message,
    'Put data into files of their own and name them in inputs.',
  );
}

/**
 * By place. The same finding at the same place (an anchor used twice) is told once, and where the YAML itself is wrong the
 * schema's opinion of what was made of it is left out.
 */
function ordered(findings: Finding[]): Finding[] {
  const placeOf = ({ line, col }: Finding): string => `${line}:${col}`;
  const brokenPlaces = new Set(findings.filter(({ rule }) => rule.startsWith('yaml-')).map(placeOf));
  const seen = new Set<string>();
  const sorted = findings
    .filter((finding) => {
      if (brokenPlaces.has(placeOf(finding)) && /^(value|key|kind|version|api)-/.test(finding.rule)) return false;
      const key = `${placeOf(finding)}:${finding.rule}:${finding.message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .sort((a, b) => a.line - b.line || a.col - b.col);
  const next = sorted[maxFindings];
  if (next === undefined) return sorted;
  // Nobody reads more, and systems that show reports refuse them when they are too long.
  const { file, line, col } = next;
  const message = `${sorted.length - maxFindings} more findings from here on are not shown`;
  const advice = 'Repair those above, and run it again.';
  return [...sorted.slice(0, maxFindings), findingAt('findings-capped', { file, line, col }, message, advice)];
}
