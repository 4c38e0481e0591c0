import { messageOf } from '../../core/errors.ts';
import type { Finding, KindDefinition, Report, RunbookMetadata, StepSpec } from '../types.ts';
import { type CheckContext, isMapping } from './context.ts';
import { checkSchema } from './zod-findings.ts';

/**
 * The rules that a kind brings. They see the validated spec; when all that the schema has against it are unknown keys,
 * they run on the spec without those, so that a typing error does not hide them.
 */
export function checkKindRules(context: CheckContext, kind: KindDefinition, schemaOk: boolean): void {
  if (!kind.rules) return;
  let parsed = kind.specSchema.safeParse(context.spec);
  if (!parsed.success && !schemaOk && parsed.error.issues.every((issue) => issue.code === 'unrecognized_keys')) {
    const copy = structuredClone(context.spec);
    for (const issue of parsed.error.issues) {
      if (issue.code !== 'unrecognized_keys') continue;
      const holder = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], copy);
      if (isMapping(holder)) for (const key of issue.keys) delete holder[key];
    }
    parsed = kind.specSchema.safeParse(copy);
  }
  if (!parsed.success) return;
  const report: Report = ({ rule, severity, message, next, path }) => {
    const found = context.document.finding('kind-rule', context.document.rangeOf(path), message, next);
    context.findings.push({ ...found, rule, severity: severity ?? 'error' } satisfies Finding);
  };
  kind.rules(parsed.data, report);
}

/** The steps that a kind makes of its spec, checked against their actions: a mistake there is told at `spec`. */
export function checkExpanded(
  context: CheckContext,
  kind: KindDefinition,
  spec: unknown,
  metadata: RunbookMetadata,
): StepSpec[] | undefined {
  let steps: StepSpec[];
  try {
    steps = kind.expand(spec, metadata);
  } catch (error) {
    context.report('kind-rule', ['spec'], messageOf(error), undefined, 'key');
    return undefined;
  }
  const written = new Set(context.steps.map(({ id }) => id));
  for (const step of steps) {
    if (written.has(step.id)) continue;
    const action = context.catalogue.actions.find(({ name }) => name === step.uses);
    if (!action) {
      context.report(
        'action-unknown',
        ['spec'],
        `the kind ${kind.kind} uses the action "${step.uses}", which this oaops does not have`,
        undefined,
        'key',
      );
      continue;
    }
    const { findings } = checkSchema(context.document, {
      schema: action.withSchema,
      data: step.with,
      base: ['spec'],
      templates: true,
    });
    for (const finding of findings)
      context.findings.push({
        ...finding,
        ...placeOf(context),
        message: `step "${step.id}" made by the kind: ${finding.message}`,
      });
  }
  return steps;
}

function placeOf(context: CheckContext): Pick<Finding, 'line' | 'col'> {
  const { line, col } = context.document.finding('kind-rule', context.document.rangeOf(['spec'], 'key'), '');
  return { line, col };
}
