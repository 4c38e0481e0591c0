/**
 * Names only the host where a text names the URL: the path and the query of a webhook or a ping are its secret, also when they stand in
 * the configuration as they are.
 */
export function withoutUrl(text: string, url: string): string {
  if (!URL.canParse(url)) return text;
  const { href, origin, pathname, host } = new URL(url);
  // Longest first; an error of the HTTP door names a URL without its query.
  return [href, url, `${origin}${pathname}`]
    .sort((a, b) => b.length - a.length)
    .reduce((rest, form) => rest.replaceAll(form, host), text);
}
