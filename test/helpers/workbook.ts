import { crc32, deflateRawSync } from 'node:zlib';

/** One part of a workbook as it is packed; what is wrong about it can be said. */
export interface ZipPart {
  name: string;
  text: string | Uint8Array;
  /** Size that the directory of the file tells. */
  toldSize?: number;
  toldCrc?: number;
}

/** A ZIP file, written as APPNOTE.TXT says, so that tests can write it wrongly. */
export function zipOf(parts: readonly ZipPart[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text, toldSize, toldCrc } of parts) {
    const plain = Buffer.from(text as Uint8Array);
    const packed = deflateRawSync(plain);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x0800, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(toldCrc ?? crc32(plain), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(toldSize ?? plain.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, rest, Buffer.from(name)]));
    bodies.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}

const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A cell: a text, a number, or its XML as it is. */
export type TestCell = string | number | { xml: string };

export interface TestWorkbook {
  rows: TestCell[][];
  /** XML after the rows, such as merged cells. */
  after?: string;
  hiddenRows?: number[];
  date1904?: boolean;
  /** Texts of the table of shared texts, as XML of `si`. */
  strings?: string[];
  styles?: string;
  sheets?: string;
}

/** The parts of a workbook with one sheet "花名册". */
export function workbookParts({
  rows,
  after = '',
  hiddenRows = [],
  date1904,
  strings,
  styles,
  sheets,
}: TestWorkbook): ZipPart[] {
  const letters = 'ABCDEFGHIJ';
  const cellOf = (cell: TestCell, ref: string) => {
    if (typeof cell === 'object') return cell.xml.replace('<c', `<c r="${ref}"`);
    if (typeof cell === 'number') return `<c r="${ref}"><v>${cell}</v></c>`;
    return cell === '' ? '' : `<c r="${ref}" t="inlineStr"><is><t>${escaped(cell)}</t></is></c>`;
  };
  const xml = rows.map((cells, index) => {
    const row = index + 1;
    const inner = cells.map((cell, at) => cellOf(cell, `${letters[at]}${row}`)).join('');
    return `<row r="${row}"${hiddenRows.includes(row) ? ' hidden="1"' : ''}>${inner}</row>`;
  });
  const rels = (...list: [string, string, string][]) =>
    `<Relationships>${list.map(([id, type, target]) => `<Relationship Id="${id}" Type="${relations}/${type}" Target="${target}"/>`).join('')}</Relationships>`;
  return [
    { name: '_rels/.rels', text: rels(['rId1', 'officeDocument', 'xl/workbook.xml']) },
    {
      name: 'xl/workbook.xml',
      text: `<workbook xmlns:r="${relations}"><workbookPr${date1904 ? ' date1904="1"' : ''}/><sheets>${sheets ?? '<sheet name="花名册" sheetId="1" r:id="rId1"/>'}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      text: rels(
        ['rId1', 'worksheet', 'worksheets/sheet1.xml'],
        ['rId2', 'sharedStrings', '/xl/sharedStrings.xml'],
        ['rId3', 'styles', 'styles.xml'],
      ),
    },
    ...(strings ? [{ name: 'xl/sharedStrings.xml', text: `<sst>${strings.join('')}</sst>` }] : []),
    ...(styles ? [{ name: 'xl/styles.xml', text: styles }] : []),
    {
      name: 'xl/worksheets/sheet1.xml',
      text: `<?xml version="1.0" encoding="UTF-8"?><worksheet><sheetData>${xml.join('')}</sheetData>${after}</worksheet>`,
    },
  ];
}

export const workbookOf = (workbook: TestWorkbook): Buffer => zipOf(workbookParts(workbook));
