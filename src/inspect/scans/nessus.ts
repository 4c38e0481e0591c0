import { type XmlEvents, XmlReader } from '../../core/xml.ts';
import { addFinding, cvssOf, nameOf, type Rank, type ReportReader, reportInvalid, type ScanReport } from './model.ts';

const byNumber: readonly Rank[] = ['info', 'low', 'medium', 'high', 'critical'];

/** A `.nessus` file, version 2: `NessusClientData_v2`. The severity is that of the scanner, which it may have by CVSS v2, v3 or v4. */
export function nessusReader(): ReportReader {
  const report: ScanReport = { format: 'Nessus', scannedMs: undefined, hosts: new Set(), findings: [] };
  let host = '';
  let tag = '';
  let item: Map<string, string> | undefined;
  const events: XmlEvents = {
    open(path, attributes) {
      const depth = path.length;
      if (depth === 3 && path[2] === 'ReportHost') {
        host = attributes.get('name')?.trim() ?? '';
        if (host === '') throw reportInvalid('a host has no name');
        report.hosts.add(host);
      } else if (depth === 4 && path[3] === 'ReportItem') item = new Map(attributes);
      else if (depth === 5 && path[4] === 'tag') tag = attributes.get('name') ?? '';
    },
    close(path, text) {
      const name = path.at(-1)!;
      if (path.length === 5 && path[3] === 'HostProperties') {
        const ms =
          tag === 'HOST_END_TIMESTAMP' ? Number(text) * 1000 : tag === 'HOST_END' ? Date.parse(text) : Number.NaN;
        if (ms > (report.scannedMs ?? 0)) report.scannedMs = ms;
      } else if (path.length === 5 && item && /^cvss\d?_base_score$/.test(name)) item.set(name, text);
      else if (path.length === 4 && name === 'ReportItem' && item) {
        const id = item.get('pluginID') ?? '';
        const rank = byNumber[Number(item.get('severity') || Number.NaN)];
        if (id === '' || rank === undefined) throw reportInvalid('a finding has no plugin or severity');
        const port = item.get('port') ?? '0';
        addFinding(report, {
          host,
          port: port === '0' ? '' : `${port}/${item.get('protocol') ?? 'tcp'}`,
          id,
          name: nameOf(item.get('pluginName'), id),
          rank,
          cvss: cvssOf(item.get('cvss4_base_score'), item.get('cvss3_base_score'), item.get('cvss_base_score')),
        });
        item = undefined;
      }
    },
  };
  return xmlReport(events, report);
}

/** A report by the events of its XML. `whole`: looks at the end whether nothing is missing. */
export function xmlReport(events: XmlEvents, report: ScanReport, whole: () => void = () => {}): ReportReader {
  const reader = new XmlReader(events);
  return {
    push: (text) => reader.push(text),
    end() {
      reader.end();
      whole();
      return report;
    },
  };
}
