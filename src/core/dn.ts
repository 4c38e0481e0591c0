/**
 * Distinguished names (RFC 4514). A form in which two names of one entry are equal: servers and groups write case, spaces and escapes of
 * the same name differently. Values are taken as caseIgnoreMatch does, which the naming attributes of people and groups have.
 */
export function dnKey(dn: string): string {
  // Most names are plain, and there are a hundred thousand of them: one in lower case is its own key, which takes no memory.
  if (/^[\w.@-]+=[\w.@-]+(,[\w.@-]+=[\w.@-]+)*$/.test(dn)) return dn.toLowerCase();
  return splitAt(dn, /[,;]/)
    .map((rdn) => splitAt(rdn, /\+/).map(pairKey).sort().join('+'))
    .join(',');
}

/** Its RDNs as they are written, the entry's own first; without the spaces around them. The empty name has none. */
export function rdnsOf(dn: string): string[] {
  return dn.trim() === '' ? [] : splitAt(dn, /[,;]/).map(trimmed);
}

/** The name of an entry within its parent, as it is written. */
export function rdnOf(dn: string): string {
  return rdnsOf(dn)[0] ?? '';
}

/** Name of the parent; empty above the last. */
export function parentOf(dn: string): string {
  return rdnsOf(dn).slice(1).join(',');
}

/** Whether `dn` is `base` or lies below it. */
export function isWithin(dn: string, base: string): boolean {
  const [inner, outer] = [rdnsOf(dn), rdnsOf(base)];
  return inner.length >= outer.length && dnKey(inner.slice(inner.length - outer.length).join(',')) === dnKey(base);
}

/** A value as it stands in a name: whatever it holds, it stays one value (RFC 4514 section 2.4). */
export function dnValue(value: string): string {
  return value
    .replace(/[\\"+,;<>=]/g, (sign) => `\\${sign}`)
    .replace(/\p{Cc}/gu, (sign) =>
      [...Buffer.from(sign)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
    )
    .replace(/^[ #]| $/g, (sign) => `\\${sign}`);
}

/** `type=value`; a value that is not plain stands in quotation marks, so that it holds no separator. */
function pairKey(pair: string): string {
  const at = pair.indexOf('=');
  const type = pair.slice(0, at).trim().toLowerCase();
  const value = valueKey(pair.slice(at + 1));
  return `${type}=${/^[\w.@-]+$/.test(value) ? value : JSON.stringify(value)}`;
}

function valueKey(written: string): string {
  const quoted = /^\s*"(.*)"\s*$/s.exec(written);
  // A space at the end that is escaped belongs to the value, but not to what is compared (RFC 4518 section 2.6.1).
  return unescaped(quoted ? quoted[1]! : written)
    .replace(/ +/g, ' ')
    .trim()
    .normalize('NFC')
    .toLowerCase();
}

/** `\2C` is a byte, `\,` a sign. */
function unescaped(text: string): string {
  return text.replace(/(?:\\[0-9A-Fa-f]{2})+|\\(.)/gs, (all: string, sign?: string) =>
    sign === undefined ? Buffer.from(all.replaceAll('\\', ''), 'hex').toString('utf8') : sign,
  );
}

/** Without the spaces around it; one at the end that is escaped stays. */
function trimmed(rdn: string): string {
  const bare = rdn.trim();
  const slashes = /\\*$/.exec(bare)![0].length;
  return slashes % 2 === 1 ? `${bare} ` : bare;
}

/** Parts between separators that are neither escaped nor within quotation marks. */
function splitAt(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let [from, quoted] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (sign === '\\') at++;
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && separator.test(sign)) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
