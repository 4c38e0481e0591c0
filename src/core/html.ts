import { oneLine } from './plain-text.ts';

/** Text for HTML, also inside a quoted attribute: control signs shown, the rest escaped. */
export function escapeHtml(text: string): string {
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return oneLine(text).replace(/[&<>"']/g, (sign) => signs[sign]!);
}
