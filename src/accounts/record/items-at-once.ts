/** Findings and decisions of a run lie in facts of so many each: no row becomes megabytes. */
export const itemsAtOnce = 500;
