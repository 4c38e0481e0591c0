/**
 * A form of a distinguished name (RFC 4514) in which two names of one entry are equal: servers and groups write case, spaces and escapes of
 * the same name differently. Values are taken as caseIgnoreMatch does, which the naming attributes of people and groups have.
 */
export function dnKey(dn: string): string {
  return splitAt(dn, /[,;]/)
    .map((rdn) => splitAt(rdn, /\+/).map(pairKey).sort().join('+'))
    .join(',');
}

/** `type=value`; both as text in which no separator stands unescaped. */
function pairKey(pair: string): string {
  const at = pair.indexOf('=');
  const type = pair.slice(0, at).trim().toLowerCase();
  return `${type}=${JSON.stringify(valueKey(pair.slice(at + 1)))}`;
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
