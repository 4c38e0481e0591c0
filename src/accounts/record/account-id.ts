/** An account by its directory and key, as facts name it. */
export function accountId(directory: string, key: string): string {
  return `${directory}|${key}`;
}
