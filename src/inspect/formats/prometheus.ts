import { oneLine } from '../../core/plain-text.ts';
import { type Metric, metricsText } from '../../core/prometheus.ts';
import type { InspectionReport } from '../assemble.ts';
import { checkStates } from '../types.ts';
import { nagiosCodes } from './nagios.ts';
import { resultsOf } from './report-words.ts';

/** For the textfile collector of node_exporter: states, figures and thresholds are gauges, times are values. */
export function prometheusReport(report: InspectionReport): string {
  const inspection = report.inspection;
  const all = resultsOf(report);
  const metrics: Metric[] = [
    {
      name: 'oaops_inspection_verdict',
      help: 'Verdict of the last inspection: 0 pass, 1 warn, 2 fail, 3 not known.',
      samples: [{ labels: { inspection }, value: nagiosCodes[report.verdict] }],
    },
    {
      name: 'oaops_inspection_time_seconds',
      help: 'Time of the last verdict, in seconds since the epoch.',
      samples: [{ labels: { inspection }, value: Math.floor(Date.parse(report.at) / 1000) }],
    },
    {
      name: 'oaops_inspection_checks',
      help: 'Checks of the last inspection by what they came to.',
      samples: checkStates.map((state) => ({ labels: { inspection, state }, value: report.counts[state] })),
    },
    {
      name: 'oaops_inspection_check_state',
      help: 'What a check came to: 1 for its state.',
      samples: all.map(({ section, result: { check, host, state, severity } }) => ({
        labels: { inspection, section, check, host: oneLine(host), severity, state },
        value: 1,
      })),
    },
    {
      name: 'oaops_inspection_measure',
      help: 'Figures of checks, in the unit of the label.',
      samples: all.flatMap(({ section, result: { check, host, measures } }) =>
        measures.map(({ name, value, unit }) => ({
          labels: { inspection, section, check, host: oneLine(host), measure: oneLine(name), unit },
          value,
        })),
      ),
    },
  ];
  return metricsText(metrics);
}
