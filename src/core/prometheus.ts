/** Metrics in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */

export interface Metric {
  name: string;
  /** One sentence; the same in every file, or the textfile collector refuses all of them. */
  help: string;
  samples: { labels: Readonly<Record<string, string>>; value: number }[];
}

/** Gauges as text, families in the order given; those without samples are left out. No timestamps: the collector refuses them. */
export function metricsText(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) =>
      [
        `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`,
        `# TYPE ${name} gauge`,
        ...samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${numberText(value)}`),
      ].join('\n'),
    )
    .map((family) => `${family}\n`)
    .join('');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`,
  );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
