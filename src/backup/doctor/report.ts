import type { DoctorReport } from './doctor.ts';
import type { Finding } from './finding.ts';

/** What a doctor found, for people; `verbose` shows also what is right. `say` puts each text into the user's language. */
export function doctorText(
  report: DoctorReport,
  say: (english: string) => string,
  style: { verbose: boolean; paint: (status: Finding['status'], text: string) => string },
): string {
  const lines: string[] = [];
  const show = (title: string, findings: readonly Finding[]) => {
    lines.push(title);
    for (const { status, probe, message, lost, next } of findings) {
      if (status === 'ok' && !style.verbose) continue;
      lines.push(`  ${style.paint(status, status.padEnd(6))}  ${probe.padEnd(10)}  ${say(message)}`);
      const indent = ' '.repeat(22);
      if (lost !== undefined) lines.push(`${indent}${say('what is lost')}: ${say(lost)}`);
      if (next !== undefined) lines.push(`${indent}${say(next)}`);
    }
    const fine = findings.filter(({ status }) => status === 'ok').length;
    if (fine > 0 && !style.verbose) lines.push(`  ${style.paint('ok', 'ok'.padEnd(6))}  ${say(`${fine} more probes`)}`);
  };
  for (const { location, findings } of report.legs) show(location, findings);
  show(say('this machine'), report.machine);
  return lines.join('\n');
}
