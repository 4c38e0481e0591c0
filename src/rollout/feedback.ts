/** What users tell after an upgrade (UP-07): rows of the record by the run. */
export const feedbackTopic = 'patch.feedback';

export const severities = ['minor', 'major', 'serious'] as const;
export type Severity = (typeof severities)[number];

export interface Feedback {
  severity: Severity;
  text: string;
  /** Who said it, as far as told. */
  from: string | null;
  /** Who recorded it. */
  by: string;
}

export interface FeedbackCounts {
  minor: number;
  major: number;
  serious: number;
}

export function countFeedback(rows: readonly { body: unknown }[]): FeedbackCounts {
  const counts = { minor: 0, major: 0, serious: 0 };
  for (const { body } of rows) counts[(body as Feedback).severity] += 1;
  return counts;
}
