import { addFinding, cvssOf, nameOf, type ReportReader, reportInvalid, type ScanReport } from './model.ts';
import { over, portOf, rankOfLevel } from './qualys.ts';

const mostFieldChars = 256 * 1024;
const mostFields = 500;

/** The CSV of a Qualys report: lines about the report, a line of headings with "IP" and "QID", then one row for each finding. */
export function qualysCsvReader(): ReportReader {
  const report: ScanReport = { format: 'Qualys-CSV', scannedMs: undefined, hosts: new Set(), findings: [] };
  let headings: Map<string, number> | undefined;
  const rows = new CsvReader((row) => {
    if (headings === undefined) {
      const named = new Map(row.map((name, index) => [name.trim().toLowerCase(), index]));
      if (named.has('ip') && named.has('qid')) headings = named;
      return;
    }
    const of = (...names: string[]) =>
      names.map((name) => row[headings!.get(name) ?? -1]?.trim()).find((value) => value !== undefined && value !== '');
    const host = of('ip', 'dns');
    if (host === undefined) return;
    report.hosts.add(host);
    const id = of('qid');
    // A host without findings has a row of its own.
    if (id === undefined) return;
    const seenMs = Date.parse(of('last detected', 'date last detected') ?? '');
    if (seenMs > (report.scannedMs ?? 0)) report.scannedMs = seenMs;
    if (over.test(of('vuln status', 'status') ?? '') || /^(ig|info)/i.test(of('type') ?? '')) return;
    addFinding(report, {
      host,
      port: portOf(of('port'), of('protocol')),
      id,
      name: nameOf(of('title'), id),
      rank: rankOfLevel(of('severity')),
      cvss: cvssOf(scoreOf(of('cvss3.1 base', 'cvss3 base')), scoreOf(of('cvss base'))),
    });
  });
  return {
    push: (text) => rows.push(text),
    end() {
      rows.end();
      if (headings === undefined) throw reportInvalid('it has no line of headings with IP and QID');
      return report;
    },
  };
}

/** `7.5 (AV:N/AC:L)` */
function scoreOf(text: string | undefined): string | undefined {
  return text?.replace(/\s.*$/s, '');
}

/** CSV as it comes (RFC 4180): quoted fields may hold commas, quotes and line ends. */
class CsvReader {
  readonly #onRow: (row: string[]) => void;
  #row: string[] = [];
  #field = '';
  #quoted = false;
  /** A quote in a quoted field: its end, or half of a doubled one. */
  #quote = false;

  constructor(onRow: (row: string[]) => void) {
    this.#onRow = onRow;
  }

  push(text: string): void {
    for (const sign of text) {
      if (this.#quote) {
        this.#quote = false;
        if (sign === '"') {
          this.#field += sign;
          continue;
        }
        this.#quoted = false;
        if (!',\r\n'.includes(sign)) throw reportInvalid('a quote stands where none can be');
      } else if (this.#quoted) {
        if (sign === '"') this.#quote = true;
        else if (this.#field.length < mostFieldChars) this.#field += sign;
        else throw reportInvalid('a field is too long');
        continue;
      }
      if (sign === '"' && this.#field === '') this.#quoted = true;
      else if (sign === ',') this.#endField();
      else if (sign === '\n') this.#endRow();
      else if (sign !== '\r' && sign !== '\ufeff') this.#field += sign;
      if (this.#field.length > mostFieldChars) throw reportInvalid('a field is too long');
    }
  }

  end(): void {
    if (this.#quoted && !this.#quote) throw reportInvalid('it ends in the middle of a field');
    if (this.#field !== '' || this.#row.length > 0) this.#endRow();
  }

  #endField(): void {
    if (this.#row.length >= mostFields) throw reportInvalid('a row has too many fields');
    this.#row.push(this.#field);
    this.#field = '';
  }

  #endRow(): void {
    this.#endField();
    const row = this.#row;
    this.#row = [];
    if (row.some((field) => field !== '')) this.#onRow(row);
  }
}
