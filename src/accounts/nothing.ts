/** What people and exports write where there is nothing. `nan` is none of them: people are called so. */
const nothing = /^([-－]+|[—–]+|[/／]|无|暂无|null|none|n\/a)$/i;

export function saysNothing(text: string): boolean {
  return nothing.test(text);
}

/** A text that says something; an employee number `-` is of nobody, and no number. */
export function saidOf(text: string | undefined): string | undefined {
  return text === undefined || saysNothing(text.trim()) ? undefined : text;
}
