import type { App } from '../app.ts';
import { usageError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { localText } from '../engine/plan/plan-text.ts';
import { type ArgumentRow, argumentRows } from '../runbook/reference.ts';

const places = { host: 'on the host', here: 'from here', person: 'by a person' } as const;

export interface ListedCheck {
  type: string;
  title: string;
  place: (typeof places)[keyof typeof places];
}

/** Every type of check. */
export async function listChecks(app: App, lang: string): Promise<ListedCheck[]> {
  const { checks } = await app.catalogue();
  return checks.map(({ name, title, place }) => ({ type: name, title: localText(title, lang), place: places[place] }));
}

/** One type with its arguments. @throws OaopsError `check-unknown` (exit 2) */
export async function describeCheck(
  app: App,
  name: string,
  lang: string,
): Promise<ListedCheck & { arguments: ArgumentRow[] }> {
  const { checks } = await app.catalogue();
  const type = checks.find((check) => check.name === name);
  if (!type) {
    const close = nearest(
      name,
      checks.map((check) => check.name),
    );
    throw usageError('check-unknown', `there is no type of check "${name}"`, {
      next: close === undefined ? 'See "oaops inspect checks".' : `Did you mean "${close}"?`,
    });
  }
  const { title, place, withSchema } = type;
  return { type: name, title: localText(title, lang), place: places[place], arguments: argumentRows(withSchema) };
}
