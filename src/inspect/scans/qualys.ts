import type { XmlEvents } from '../../core/xml.ts';
import { addFinding, cvssOf, nameOf, type Rank, type ReportReader, reportInvalid, type ScanReport } from './model.ts';
import { xmlReport } from './nessus.ts';

/** Severity levels of Qualys, 1 to 5. */
const levels: readonly (Rank | undefined)[] = [undefined, 'info', 'low', 'medium', 'high', 'critical'];

export function rankOfLevel(text: string | undefined): Rank {
  const rank = levels[Number(text?.trim() || Number.NaN)];
  if (rank === undefined) throw reportInvalid('a finding has no severity of 1 to 5');
  return rank;
}

export function portOf(port: string | undefined, protocol: string | undefined): string {
  return port === undefined || ['', '0'].includes(port.trim()) ? '' : `${port.trim()}/${protocol?.trim() || 'tcp'}`;
}

/** Words by which Qualys says that a finding is over. */
export const over = /^(fixed|ignored|disabled)$/i;

/** A scan result, `SCAN`: hosts with categories of vulnerabilities. Practices are potential ones; information is none. */
export function qualysScanReader(): ReportReader {
  const report: ScanReport = { format: 'Qualys', scannedMs: undefined, hosts: new Set(), findings: [] };
  let host = '';
  let category = new Map<string, string>();
  let item: Map<string, string> | undefined;
  let key = '';
  const events: XmlEvents = {
    open(path, attributes) {
      const name = path.at(-1)!;
      if (name === 'IP') {
        host = attributes.get('value') ?? '';
        if (host === '') throw reportInvalid('a host has no address');
        report.hosts.add(host);
      } else if (name === 'CAT') category = new Map(attributes);
      else if (name === 'VULN' || name === 'PRACTICE') item = new Map(attributes);
      else if (name === 'KEY') key = attributes.get('value') ?? '';
    },
    close(path, text) {
      const name = path.at(-1)!;
      if (name === 'KEY' && key === 'DATE') report.scannedMs = timeOf(text);
      else if (item && ['TITLE', 'CVSS_BASE', 'CVSS3_BASE'].includes(name)) item.set(name, text);
      else if (item && (name === 'VULN' || name === 'PRACTICE')) {
        const id = item.get('number') ?? '';
        if (id === '') throw reportInvalid('a finding has no number');
        addFinding(report, {
          host,
          port: portOf(category.get('port'), category.get('protocol')),
          id,
          name: nameOf(item.get('TITLE'), id),
          rank: rankOfLevel(item.get('severity')),
          cvss: cvssOf(item.get('CVSS3_BASE'), item.get('CVSS_BASE')),
        });
        item = undefined;
      }
    },
  };
  return xmlReport(events, report);
}

/** The names and severities of an asset report stand behind its hosts. */
interface Known {
  name?: string;
  level?: string;
  cvss?: string;
  cvss3?: string;
}

/** Detections of hosts: `HOST_LIST_VM_DETECTION_OUTPUT` of the API, and `ASSET_DATA_REPORT`, the XML of a report. */
export function qualysHostsReader(): ReportReader {
  const report: ScanReport = { format: 'Qualys', scannedMs: undefined, hosts: new Set(), findings: [] };
  const glossary = new Map<string, Known>();
  const pending: { host: string; fields: Map<string, string> }[] = [];
  let host: Map<string, string> | undefined;
  let item: Map<string, string> | undefined;
  let details: Map<string, string> | undefined;
  const events: XmlEvents = {
    open(path) {
      const name = path.at(-1)!;
      if (name === 'HOST' && path.at(-2) === 'HOST_LIST') host = new Map();
      else if (name === 'DETECTION' || name === 'VULN_INFO') item = new Map();
      else if (name === 'VULN_DETAILS') details = new Map();
    },
    close(path, text) {
      const name = path.at(-1)!;
      const value = text.trim();
      if (/^(GENERATION_DATETIME|DATETIME)$/.test(name) && report.scannedMs === undefined)
        report.scannedMs = timeOf(value);
      else if (name === 'DETECTION' || name === 'VULN_INFO') {
        const of = host?.get('IP') ?? host?.get('DNS') ?? '';
        if (of === '' || !item?.get('QID')) throw reportInvalid('a finding has no host or QID');
        pending.push({ host: of, fields: item });
        item = undefined;
      } else if (name === 'VULN_DETAILS' && details) {
        glossary.set(details.get('QID') ?? '', {
          name: details.get('TITLE') ?? '',
          level: details.get('SEVERITY') ?? '',
          cvss: details.get('CVSS_BASE') ?? '',
          cvss3: details.get('CVSS3_BASE') ?? '',
        });
        details = undefined;
      } else if (name === 'HOST' && path.at(-2) === 'HOST_LIST' && host) {
        const of = host.get('IP') ?? host.get('DNS') ?? '';
        if (of === '') throw reportInvalid('a host has no address');
        report.hosts.add(of);
        host = undefined;
      } else (item ?? details ?? host)?.set(name, value);
    },
  };
  return xmlReport(events, report, () => {
    for (const { host: of, fields } of pending) {
      const id = fields.get('QID')!;
      const known = glossary.get(id) ?? {};
      if (over.test(fields.get('STATUS') ?? fields.get('VULN_STATUS') ?? '')) continue;
      // Information that was gathered is no finding.
      if (/^(ig|info)/i.test(fields.get('TYPE') ?? '')) continue;
      addFinding(report, {
        host: of,
        port: portOf(fields.get('PORT'), fields.get('PROTOCOL')),
        id,
        name: nameOf(fields.get('TITLE') ?? known.name, id),
        rank: rankOfLevel(fields.get('SEVERITY') ?? known.level),
        cvss: cvssOf(known.cvss3, known.cvss),
      });
    }
  });
}

/** A time with its zone; undefined: it is none. */
function timeOf(text: string): number | undefined {
  const ms = Date.parse(text.trim());
  return Number.isNaN(ms) ? undefined : ms;
}
