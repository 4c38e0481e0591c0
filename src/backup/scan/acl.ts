/** Tags of an ACL entry in the kernel's form (linux/posix_acl_xattr.h, version 2). */
const tags: Record<number, string> = { 1: 'user', 2: 'user', 4: 'group', 8: 'group', 16: 'mask', 32: 'other' };
const named = new Set([2, 8]);

/**
 * The short text form of acl(5) for `setfacl --set`, out of the hex values of `system.posix_acl_access` and
 * `system.posix_acl_default`. Undefined when there is neither.
 */
export function aclText(access: string | undefined, defaults: string | undefined): string | undefined {
  const entries = [...aclEntries(access), ...aclEntries(defaults).map((entry) => `default:${entry}`)];
  return entries.length === 0 ? undefined : entries.join(',');
}

function aclEntries(hex: string | undefined): string[] {
  if (!hex) return [];
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== 2) return [];
  const entries: string[] = [];
  for (let at = 4; at + 8 <= bytes.length; at += 8) {
    const tag = bytes.readUInt16LE(at);
    const permissions = bytes.readUInt16LE(at + 2);
    const id = named.has(tag) ? String(bytes.readUInt32LE(at + 4)) : '';
    const text = ['r', 'w', 'x'].map((letter, i) => (permissions & (4 >> i) ? letter : '-')).join('');
    entries.push(`${tags[tag] ?? 'other'}:${id}:${text}`);
  }
  return entries;
}
