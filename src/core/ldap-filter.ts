/**
 * A value as it stands in a filter: whatever it holds, it is only ever compared, and never a part of the filter (RFC 4515 section 3). More
 * is escaped than has to be, so that no reader trims or reads it differently.
 */
export function filterValue(value: string): string {
  return value.replace(
    /[^A-Za-z0-9._@\-\u0080-\u{10ffff}]/gu,
    (sign) => `\\${sign.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
