import { z } from 'zod';
import { commonSpec } from './schema/spec.ts';
import { stepsSchema } from './schema/steps.ts';
import type { KindDefinition, StepSpec } from './types.ts';

const specSchema = z.strictObject({ ...commonSpec, steps: stepsSchema });

/** Free steps: emergencies, switch-overs, installations, training, whatever has no kind of its own. */
export const procedureKind: KindDefinition = {
  kind: 'Procedure',
  title: { en: 'Procedure', 'zh-CN': '通用流程' },
  specSchema,
  stepPaths: [['spec', 'steps']],
  expand: (spec) => (spec as { steps: StepSpec[] }).steps,
  template: 'procedure.yaml',
};
