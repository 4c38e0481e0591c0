import type { FactStore } from '../../record/types.ts';

/** Pairs of account and person that somebody has confirmed: they were alike by name and department only. */
const matchTopic = 'account.match';

export async function addMatch(
  facts: FactStore,
  at: string,
  match: { account: string; person: string; by: string; is: boolean },
): Promise<void> {
  await facts.add(matchTopic, match.account, at, match);
}

/** The newest word about each account. */
export async function matchAnswers(facts: FactStore): Promise<Map<string, { person: string; is: boolean }>> {
  const rows = await facts.list(matchTopic);
  return new Map(rows.map(({ key, body }) => [key, body as { person: string; is: boolean }]));
}

export async function confirmedMatches(facts: FactStore): Promise<Map<string, string>> {
  const answers = await matchAnswers(facts);
  return new Map([...answers].flatMap(([key, { person, is }]) => (is ? [[key, person] as const] : [])));
}
