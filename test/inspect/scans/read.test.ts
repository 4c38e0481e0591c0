import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/inspect/scans/model.ts';
import { readReport } from '../../../src/inspect/scans/read.ts';
import { nessus, openvas, qualysCsv, qualysDetections, qualysReport, qualysScan } from './samples.ts';

const signal = new AbortController().signal;
async function read(data: string | Buffer, size = 1 << 16) {
  const bytes = Buffer.from(data as string);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return readReport(Readable.from(pieces), signal);
}
const line = ({ host, port, id, name, rank, cvss }: Finding) => `${rank} ${host} ${port} ${id} ${name} ${cvss}`;
const noon = Date.parse('2026-11-10T12:00:00Z');

test.each([
  [
    'Nessus',
    nessus,
    ['10.0.0.1', '10.0.0.2'],
    [
      'critical 10.0.0.1 443/tcp 156032 Apache Log4j < 2.15.0 RCE 10',
      'info 10.0.0.1  19506 Nessus Scan Information null',
      'medium 10.0.0.1 22/tcp 70658 SSH Server CBC Mode Ciphers Enabled 4.3',
      'high 10.0.0.2 445/tcp 57608 SMB Signing not required null',
    ],
  ],
  [
    'OpenVAS',
    openvas,
    ['10.0.0.1', '10.0.0.9'],
    [
      'critical 10.0.0.1 443/tcp 1.3.6.1.4.1.25623.1.0.1 OpenSSL end of life 9.8',
      'low 10.0.0.1  1.3.6.1.4.1.25623.1.0.80091 TCP timestamps 2.6',
      'info 10.0.0.1  1.3.6.1.4.1.25623.1.0.810002 CPE inventory 0',
    ],
  ],
  [
    'Qualys',
    qualysScan,
    ['10.0.0.1', '10.0.0.2'],
    [
      'critical 10.0.0.1 443/tcp 38170 SSL <broken> 9',
      'medium 10.0.0.1  38739 Weak SSH null',
      'low 10.0.0.1 80/tcp 86729 AutoComplete null',
    ],
  ],
  ['Qualys', qualysReport, ['10.0.0.1'], ['critical 10.0.0.1 443/tcp 38170 SSL broken 9']],
  ['Qualys', qualysDetections, ['10.0.0.1'], ['high 10.0.0.1 443/tcp 38170 38170 null']],
  ['Qualys-CSV', qualysCsv, ['10.0.0.1', '10.0.0.2'], ['critical 10.0.0.1 443/tcp 38170 SSL "broken", again 9']],
])('%s', async (format, text, hosts, findings) => {
  for (const size of [1 << 16, 97, 1]) {
    const report = await read(text, size);
    expect(report).toMatchObject({ format, scannedMs: noon });
    expect([...report.hosts]).toEqual(hosts);
    expect(report.findings.map(line)).toEqual(findings);
  }
});

test('another encoding', async () => {
  const text = nessus
    .replace('<?xml version="1.0" ?>', '<?xml version="1.0" encoding="ISO-8859-1"?>')
    .replace('CBC', 'Caf\u00e9');
  const report = await read(Buffer.from(text, 'latin1'));
  expect(report.findings[2]!.name).toContain('Caf\u00e9');
  expect((await read(Buffer.from(`\ufeff${nessus}`, 'utf16le'))).findings).toHaveLength(4);
});

describe('what is no report, or not all of one', () => {
  test.each([
    ['', /beginning is that of no known report/],
    ['<html><body>login</body></html>', /its root is html/],
    ['hello', /no line of headings with IP and QID/],
    [nessus.slice(0, 900), /ends too early/],
    [nessus.replace('severity="4"', 'severity="9"'), /no plugin or severity/],
    [nessus.replace('severity="4"', ''), /no plugin or severity/],
    [nessus.replace('name="10.0.0.2"', ''), /a host has no name/],
    [
      nessus.replace('<NessusClientData_v2>', '<!DOCTYPE x [<!ENTITY a "b">]><NessusClientData_v2>'),
      /declares entities/,
    ],
    [openvas.replace('<filtered>4', '<filtered>400'), /it holds 4 of its 400 results/],
    [openvas.replace(' oid="1.3.6.1.4.1.25623.1.0.1"', ''), /no host or test/],
    [
      openvas.replace('<threat>High</threat><severity>9.8</severity><qod>', '<threat>Hoch</threat><qod>'),
      /threat "Hoch"/,
    ],
    [qualysScan.replace('severity="5"', 'severity="6"'), /no severity of 1 to 5/],
    [qualysReport.replace('<SEVERITY>5', '<SEVERITY>'), /no severity of 1 to 5/],
    [qualysCsv.replace('line two"', 'line two'), /a quote stands where none can be/],
    [qualysCsv.slice(0, qualysCsv.indexOf('line two')), /in the middle of a field/],
    ['<?xml version="1.0" encoding="klingon"?><report/>', /encoding klingon is not known/],
    [`<!--${'x'.repeat(70_000)}`, /beginning is that of no known report/],
  ])('%.40s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});

test('a stop is heard', async () => {
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  await expect(readReport(Readable.from([Buffer.from(nessus)]), controller.signal)).rejects.toThrow('enough');
});
