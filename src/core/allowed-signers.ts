/**
 * Names of people who may sign for a purpose, by a file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS). Patterns name nobody. Ends of validity are not
 * looked at: whoever checks a signature does that.
 */
export function signersFor(namespace: string, text: string): string[] {
  const names = text.split('\n').flatMap((line) => {
    const found = /^\s*(?:"(?<quoted>[^"]*)"|(?<plain>[^\s#]\S*))\s+(?<rest>.*)$/.exec(line)?.groups;
    if (!found) return [];
    const limited = /(?:^|,)namespaces="(?<list>[^"]*)"/i.exec(optionsOf(found['rest']!))?.groups?.['list'];
    if (limited !== undefined && !limited.split(',').some((pattern) => fits(pattern.trim(), namespace))) return [];
    return (found['quoted'] ?? found['plain']!).split(',').filter((name) => name !== '' && !/[*?!]/.test(name));
  });
  return [...new Set(names)];
}

/** Options stand before the type of the key, and may hold spaces in quotation marks. */
function optionsOf(rest: string): string {
  return /^(?:[^\s"]|"[^"]*")*/.exec(rest)![0];
}

function fits(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(text);
}
