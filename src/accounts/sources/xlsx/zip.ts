import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise } from 'yauzl';
import { messageOf, OaopsError } from '../../../core/errors.ts';
import { type XmlEvents, XmlReader } from '../../../core/xml.ts';
import { disbelief } from '../disbelief.ts';

/** The parts of a workbook. Nothing is unpacked to a disk, so names lead nowhere; sizes are looked at before anything is unpacked. */
export interface Parts {
  has(name: string): boolean;
  /**
   * Reads a part as XML, piece by piece.
   * @throws OaopsError `source-workbook` (exit 4) when it is missing, larger than `maxMiB` unpacked, damaged, or no plain XML
   */
  xml(name: string, maxMiB: number, events: XmlEvents): Promise<void>;
}

/** A workbook has some tens. */
const mostParts = 10_000;

/** @throws OaopsError `source-workbook` (exit 4) */
export async function openParts(file: string, bytes: Uint8Array): Promise<Parts> {
  if (bytes[0] === 0xd0 && bytes[1] === 0xcf) {
    throw noWorkbook(file, 'it is an old .xls file, or protected by a password');
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, Entry>();
  const zip = await readable(file, () =>
    fromBufferPromise(buffer, { lazyEntries: true, autoClose: false, validateEntrySizes: true }),
  );
  if (zip.entryCount > mostParts) throw noWorkbook(file, `it has more than ${mostParts} parts`);
  await readable(file, async () => {
    for await (const entry of zip.eachEntry()) {
      // Two programs would read two different lists.
      if (entries.has(entry.fileName)) throw noWorkbook(file, `the part ${entry.fileName.slice(0, 80)} is in it twice`);
      entries.set(entry.fileName, entry);
    }
  });
  return {
    has: (name) => entries.has(name),
    xml: (name, maxMiB, events) =>
      readable(file, async () => {
        const entry = entries.get(name);
        if (!entry) throw noWorkbook(file, `the part ${name.slice(0, 80)} is missing`);
        if (entry.uncompressedSize > maxMiB * 1024 * 1024) {
          throw noWorkbook(file, `the part ${name.slice(0, 80)} is larger than ${maxMiB} MiB unpacked`);
        }
        const reader = new XmlReader(events);
        const text = new TextDecoder('utf-8', { fatal: true });
        let sum = 0;
        for await (const chunk of await zip.openReadStreamPromise(entry)) {
          sum = crc32(chunk as Buffer, sum);
          reader.push(text.decode(chunk as Buffer, { stream: true }));
        }
        if (sum !== entry.crc32) throw noWorkbook(file, `the part ${name.slice(0, 80)} is damaged`);
        reader.push(text.decode());
        reader.end();
      }),
  };
}

export function noWorkbook(file: string, why: string, cause?: unknown): OaopsError {
  return disbelief('source-workbook', `the file ${file} is no workbook that can be read: ${why}`, {
    next: 'Save it anew as an Excel workbook (.xlsx) without a password, or as CSV UTF-8.',
    ...(cause !== undefined && { cause }),
  });
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OaopsError && error.code !== 'xml-invalid') throw error;
    throw noWorkbook(file, messageOf(error).slice(0, 200), error);
  }
}
