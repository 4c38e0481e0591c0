/**
 * Text of others on one line of a terminal or a log: control signs, line ends and marks that turn the direction of writing
 * are written as `\\u001b`, so that nobody can paint over or add to what stands around it.
 */
export function oneLine(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** As `oneLine` for a text of several lines: line ends and tabs stay. */
export function plainLines(text: string): string {
  return text.replace(/[^\n\t]+/g, oneLine);
}

/** As `plainLines` for a text that is painted already: colours stay, every other escape sequence is disarmed. */
export function paintedLines(text: string): string {
  return text.replace(/(\u001b\[[0-9;]*m)|[^\n\t\u001b]+|\u001b/g, (part, color?: string) => color ?? oneLine(part));
}
