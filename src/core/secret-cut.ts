/** Characters before a cut that are searched for a better place: a URL with a password in it has no white space. */
const searchChars = 4096;

/**
 * Where a text whose end has not come may be cut, so that what lies before the cut can be redacted by itself: no secret, and no
 * beginning of one, lies across it. Nor does a surrogate pair, nor (when white space is near) a word.
 *
 * Gives the length of the part before the cut; 0 = nothing may be passed on yet.
 */
export function secretCut(text: string, secrets: Iterable<string>): number {
  const all = [...secrets];
  const longest = all.reduce((most, secret) => Math.max(most, secret.length), 1);
  let cut = text.length - (longest - 1);
  if (cut <= 0) return 0;
  const last = text.charCodeAt(cut - 1);
  if (last >= 0xd800 && last < 0xdc00) cut--;
  const near = text.slice(Math.max(0, cut - searchChars), cut);
  const space = near.search(/\s\S*$/);
  if (space >= 0) cut -= near.length - space - 1;
  // Moving the cut to the beginning of one secret may put it into another.
  for (let moved = true; moved && cut > 0; ) {
    moved = false;
    for (const secret of all) {
      const from = Math.max(0, cut - secret.length + 1);
      const at = text.slice(from, cut + secret.length - 1).indexOf(secret);
      if (at < 0) continue;
      cut = from + at;
      moved = true;
    }
  }
  return cut;
}

/** A text that was cut off at its end or beginning, without what could be a half of a secret there. */
export function withoutHalves(text: string, cut: 'end' | 'start', secrets: Iterable<string>): string {
  let half = 0;
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, text.length); length > half; length--) {
      if (cut === 'end' ? text.endsWith(secret.slice(0, length)) : text.startsWith(secret.slice(-length)))
        half = length;
    }
  }
  if (half === 0) return text;
  return cut === 'end' ? `${text.slice(0, -half)}***` : `***${text.slice(half)}`;
}
