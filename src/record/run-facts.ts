/**
 * Topic of facts that belong to a run and go with it when the record is pruned. Other topics name what outlives a run, and stay.
 */
export function runTopic(run: string, name: string): string {
  return `run:${run}:${name}`;
}

/** The run that facts of a topic belong to. */
export function runOfTopic(topic: string): string | undefined {
  return /^run:([^:]+):/.exec(topic)?.[1];
}
