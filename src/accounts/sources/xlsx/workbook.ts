import { posix } from 'node:path';
import type { Serials } from '../days.ts';
import { noWorkbook, type Parts } from './zip.ts';

/** What a workbook says of itself: where the wanted sheet is, and what its cells refer to. */
export interface Workbook {
  sheet: string;
  sheetName: string;
  serials: Serials;
  strings: string[];
  /** Styles by number: how many digits a whole number is filled up to with zeros. */
  zeros: number[];
}

const smallMiB = 16;
/** Texts are held all at once. */
const stringsMiB = 128;

/** Names may have a prefix of their namespace. */
export function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** `_x000D_` stands for a character that XML cannot hold. */
export function unescaped(text: string): string {
  return text.includes('_x')
    ? text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_whole, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text;
}

/** @throws OaopsError `source-workbook` (exit 4) when it is none, or has no such sheet */
export async function readWorkbook(file: string, parts: Parts, wanted: string | undefined): Promise<Workbook> {
  const root = (await targetsOf(parts, '_rels/.rels', '')).find(({ type }) => type === 'officeDocument');
  if (!root) throw noWorkbook(file, 'it names no workbook');
  const sheets: { name: string; id: string; hidden: boolean }[] = [];
  let serials: Serials = '1900';
  await parts.xml(root.target, smallMiB, {
    open(path, attributes) {
      const name = local(path.at(-1)!);
      if (name === 'workbookPr' && /^(1|true)$/.test(attributes.get('date1904') ?? '')) serials = '1904';
      if (name !== 'sheet') return;
      const id = [...attributes].find(([key]) => key.includes(':') && local(key) === 'id')?.[1] ?? '';
      sheets.push({
        name: attributes.get('name') ?? '',
        id,
        hidden: (attributes.get('state') ?? 'visible') !== 'visible',
      });
    },
  });
  const sheet =
    wanted === undefined ? sheets.find(({ hidden }) => !hidden) : sheets.find(({ name }) => name === wanted);
  if (!sheet) {
    const names = sheets
      .map(({ name }) => name)
      .join(', ')
      .slice(0, 300);
    throw noWorkbook(
      file,
      wanted === undefined ? 'it has no sheet that is shown' : `it has no sheet "${wanted}", only ${names}`,
    );
  }
  const folder = posix.dirname(root.target);
  const targets = await targetsOf(parts, `${folder}/_rels/${posix.basename(root.target)}.rels`, folder);
  const of = (type: string) => targets.find((each) => each.type === type && parts.has(each.target))?.target;
  const target = targets.find(({ id, type }) => id === sheet.id && type === 'worksheet')?.target;
  if (target === undefined) throw noWorkbook(file, `the sheet "${sheet.name}" is missing`);
  const [strings, styles] = [of('sharedStrings'), of('styles')];
  return {
    sheet: target,
    sheetName: sheet.name,
    serials,
    strings: strings === undefined ? [] : await stringsOf(parts, strings),
    zeros: styles === undefined ? [] : await zerosOf(parts, styles),
  };
}

/** Relations inside of the file; those that lead out of it are never followed. */
async function targetsOf(
  parts: Parts,
  name: string,
  folder: string,
): Promise<{ id: string; type: string; target: string }[]> {
  const targets: { id: string; type: string; target: string }[] = [];
  await parts.xml(name, smallMiB, {
    open(path, attributes) {
      if (local(path.at(-1)!) !== 'Relationship' || attributes.get('TargetMode') === 'External') return;
      const target = attributes.get('Target') ?? '';
      targets.push({
        id: attributes.get('Id') ?? '',
        type: (attributes.get('Type') ?? '').replace(/^.*\//s, ''),
        target: target.startsWith('/') ? target.slice(1) : posix.normalize(posix.join(folder, target)),
      });
    },
  });
  return targets;
}

async function stringsOf(parts: Parts, name: string): Promise<string[]> {
  const strings: string[] = [];
  let text = '';
  await parts.xml(name, stringsMiB, {
    close(path, own) {
      const element = local(path.at(-1)!);
      // Runs of one text; how it is pronounced (rPh) is no part of it.
      if (element === 't' && local(path.at(-2) ?? '') !== 'rPh') text += own;
      if (element !== 'si') return;
      strings.push(unescaped(text));
      text = '';
    },
  });
  return strings;
}

async function zerosOf(parts: Parts, name: string): Promise<number[]> {
  const formats = new Map<string, number>();
  const zeros: number[] = [];
  await parts.xml(name, smallMiB, {
    open(path, attributes) {
      const element = local(path.at(-1)!);
      if (element === 'numFmt') {
        const code = (attributes.get('formatCode') ?? '').replaceAll(/["\\]/g, '');
        if (/^0{2,15}$/.test(code)) formats.set(attributes.get('numFmtId') ?? '', code.length);
      }
      if (element === 'xf' && local(path.at(-2) ?? '') === 'cellXfs')
        zeros.push(formats.get(attributes.get('numFmtId') ?? '') ?? 0);
    },
  });
  return zeros;
}
