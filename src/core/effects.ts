/**
 * What a step may do to its target.
 * - `read`: changes nothing outside oaops's own state.
 * - `write`: changes something that can be put back, or adds something new.
 * - `destructive`: may lose data or rights for good; needs `--confirm <name>` or a second person's approval (AC-07).
 *
 * An action without a declared effect doesn't load.
 */
export const effects = ['read', 'write', 'destructive'] as const;
export type Effect = (typeof effects)[number];

/** The stronger of two effects. */
export function strongerEffect(a: Effect, b: Effect): Effect {
  return effects.indexOf(a) >= effects.indexOf(b) ? a : b;
}
