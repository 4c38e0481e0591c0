/** Characters that nobody sees: zero-width ones, marks of direction that come with what is copied, soft hyphens, the byte order mark. */
const unseen = /\p{Cf}/gu;
const plainText = /^[!-~]*$/;

/**
 * A text as it is compared: full-width and half-width letters are the same (NFKC), blanks around it do not count, several blanks are one.
 * Nothing else is taken away: `0012` and `12`, `zhang-san` and `zhangsan` are two.
 */
export function comparable(text: string | undefined, ignoreCase: boolean): string {
  if (text === undefined || text === '') return '';
  // Most logins and numbers: nothing to normalise.
  const normal = plainText.test(text)
    ? text
    : text.normalize('NFKC').replaceAll(unseen, '').replaceAll(/\s+/g, ' ').trim();
  return ignoreCase ? normal.toLowerCase() : normal;
}

/** A name of a person as it is compared: names of Chinese characters are often spread with blanks, `张　三` is `张三`. */
export function comparableName(name: string | undefined, ignoreCase: boolean): string {
  const text = comparable(name, ignoreCase);
  return /^[\p{Script=Han} ]+$/u.test(text) ? text.replaceAll(' ', '') : text;
}

const distinguished = /^[\w.-]+ ?=/;
const spelledLoosely = /[,;+=] | [,;+=]|\\/;

/**
 * A name of an account or a right as it is compared, without regard to case. Of a DN (RFC 4514), and of a pattern of one, blanks around separators and
 * the ways of writing an escape do not count: people copy them from tools that write them differently.
 */
export function comparableEntry(text: string | undefined): string {
  const plain = comparable(text, true);
  if (!distinguished.test(plain) || !spelledLoosely.test(plain)) return plain;
  const signs = plain.replace(/(?:\\[0-9a-f]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll('\\', ''), 'hex')
      .toString('utf8')
      .replace(/[\\"+,;<>=]/g, (sign) => `\\${sign}`),
  );
  return signs
    .replace(
      /(\\.)|\s*([,;+=])\s*/gs,
      (_, escaped?: string, separator?: string) => escaped ?? separator!.replace(';', ','),
    )
    .toLowerCase();
}
