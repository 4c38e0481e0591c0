import { TextDecoder } from 'node:util';
import type { ReportReader, ScanReport } from './model.ts';
import { reportInvalid } from './model.ts';
import { nessusReader } from './nessus.ts';
import { openvasReader } from './openvas.ts';
import { qualysHostsReader, qualysScanReader } from './qualys.ts';
import { qualysCsvReader } from './qualys-csv.ts';

/** Where the root of a document must stand. */
const mostHeadChars = 64 * 1024;

const byRoot: Readonly<Record<string, () => ReportReader>> = {
  NessusClientData_v2: nessusReader,
  report: openvasReader,
  get_reports_response: openvasReader,
  SCAN: qualysScanReader,
  ASSET_DATA_REPORT: qualysHostsReader,
  HOST_LIST_VM_DETECTION_OUTPUT: qualysHostsReader,
};

/**
 * A report of a vulnerability scanner, by what it holds and not by its name, read as it comes.
 * @throws OaopsError `report-invalid`, `report-too-large`, `xml-invalid`; whatever `signal` was aborted with
 */
export async function readReport(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ScanReport> {
  let decoder: TextDecoder | undefined;
  let reader: ReportReader | undefined;
  let head = '';
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    decoder ??= decoderOf(chunk);
    const text = decoder.decode(chunk, { stream: true });
    if (reader) {
      reader.push(text);
      continue;
    }
    head += text;
    reader = readerOf(head);
    reader?.push(head);
    if (!reader && head.length > mostHeadChars) throw reportInvalid('its beginning is that of no known report');
  }
  const rest = decoder?.decode() ?? '';
  reader ??= readerOf(`${head}\n`, true);
  if (!reader) throw reportInvalid('its beginning is that of no known report');
  reader.push(rest);
  return reader.end();
}

function readerOf(head: string, whole = false): ReportReader | undefined {
  const text = head.replace(/^\ufeff?\s*/, '');
  if (text === '') return undefined;
  if (!text.startsWith('<')) {
    const reader = qualysCsvReader();
    if (whole) reader.push(head);
    return reader;
  }
  const root = /<([A-Za-z_][\w.-]*)(?=[\s/>])/.exec(text.replace(/<!--.*?(-->|$)/gs, ''))?.[1];
  if (root === undefined) return undefined;
  const make = Object.hasOwn(byRoot, root) ? byRoot[root] : undefined;
  if (!make) throw reportInvalid(`its root is ${root.slice(0, 40)}, which is that of no known report`);
  const reader = make();
  if (whole) reader.push(head);
  return reader;
}

/** By the mark at the beginning, else by what an XML declaration says, else UTF-8. */
function decoderOf(first: Uint8Array): TextDecoder {
  if (first[0] === 0xff && first[1] === 0xfe) return new TextDecoder('utf-16le');
  if (first[0] === 0xfe && first[1] === 0xff) return new TextDecoder('utf-16be');
  const declared = /^<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(
    Buffer.from(first.subarray(0, 200)).toString('latin1'),
  );
  try {
    return new TextDecoder(declared?.[1] ?? 'utf-8');
  } catch {
    throw reportInvalid(`its encoding ${declared?.[1]} is not known`);
  }
}
