import type { XmlEvents } from '../../core/xml.ts';
import {
  addFinding,
  cvssOf,
  nameOf,
  type Rank,
  type ReportReader,
  rankOfCvss,
  reportInvalid,
  type ScanReport,
} from './model.ts';
import { xmlReport } from './nessus.ts';

/** Where no score stands; "Log" and "False Positive" are no findings. */
const byThreat: Readonly<Record<string, Rank>> = { Critical: 'critical', High: 'high', Medium: 'medium', Low: 'low' };

/** The XML report of OpenVAS and Greenbone (GMP `get_reports`, format "XML"): `report`, in which the inner `report` holds the results. */
export function openvasReader(): ReportReader {
  const report: ScanReport = { format: 'OpenVAS', scannedMs: undefined, hosts: new Set(), findings: [] };
  let result: Map<string, string> | undefined;
  let read = 0;
  let announced: number | undefined;
  const events: XmlEvents = {
    open(path, attributes) {
      const name = path.at(-1)!;
      if (name === 'result' && path.at(-2) === 'results') result = new Map();
      else if (name === 'nvt' && path.at(-2) === 'result') result?.set('oid', attributes.get('oid') ?? '');
    },
    close(path, text) {
      const name = path.at(-1)!;
      const parent = path.at(-2);
      if (name === 'scan_end' && parent === 'report') {
        const ms = Date.parse(text.trim());
        if (!Number.isNaN(ms)) report.scannedMs = ms;
      } else if (name === 'filtered' && parent === 'result_count') announced = Number(text.trim() || Number.NaN);
      else if (name === 'ip' && parent === 'host' && path.at(-3) === 'report') addHost(text);
      else if (result && parent === 'result' && ['name', 'host', 'port', 'threat', 'severity'].includes(name))
        result.set(name, text.trim());
      else if (result && name === 'cvss_base' && parent === 'nvt') result.set(name, text);
      else if (name === 'result' && parent === 'results' && result) {
        read++;
        finish(result);
        result = undefined;
      }
    },
  };
  const addHost = (text: string) => {
    if (text.trim() !== '') report.hosts.add(text.trim());
  };
  const finish = (one: Map<string, string>) => {
    const [host = '', id = ''] = [one.get('host'), one.get('oid')];
    if (host === '' || id === '') throw reportInvalid('a finding has no host or test');
    report.hosts.add(host);
    const threat = one.get('threat') ?? '';
    const score = Number(one.get('severity') || Number.NaN);
    // Negative scores are false positives, errors and debug lines.
    if (threat === 'False Positive' || score < 0) return;
    const rank = Number.isNaN(score) ? byThreat[threat] : rankOfCvss(score);
    if (rank === undefined && !['Log', 'Debug', 'Alarm', 'Error', ''].includes(threat))
      throw reportInvalid(`a finding has the threat "${threat.slice(0, 40)}"`);
    const port = one.get('port') ?? '';
    addFinding(report, {
      host,
      port: port.startsWith('general/') ? '' : port,
      id,
      name: nameOf(one.get('name'), id),
      rank: rank ?? 'info',
      cvss: cvssOf(one.get('severity'), one.get('cvss_base')),
    });
  };
  return xmlReport(events, report, () => {
    if (announced !== undefined && read < announced)
      throw reportInvalid(`it holds ${read} of its ${announced} results; export it without a limit of rows`);
  });
}
