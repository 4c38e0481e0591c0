/** Most members of one batch (UP-06): in the schema of the runbook, in the planner, and before each step of a batch. */
export const maxBatchMembers = 500;
