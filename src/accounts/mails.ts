/** Between addresses that stand in one cell. Blanks and commas may also stand inside of one thing that is no list. */
const between = /[;,|\s；，、]+/;

/** The mail addresses of a cell; a text that is no list of addresses is one, as it stands. */
export function mailsIn(text: string): [string, ...string[]] {
  const [first, ...others] = text.split(between).filter((part) => part !== '');
  const isList = first !== undefined && others.length > 0 && [first, ...others].every((part) => part.includes('@'));
  return isList ? [first, ...new Set(others.filter((mail) => mail !== first))] : [text];
}
