/**
 * Keys that have another name here: keys of earlier runbook versions (none yet renamed), and the names that other tools
 * have taught people (GitHub Actions, GitLab CI, Ansible, Kubernetes). The finding names the successor.
 */
export interface Successor {
  /** The last named key above the mapping that holds the key: `steps` for a step, `spec`, `metadata`, `inputs`, ... */
  within: string;
  key: string;
  /** The key to use, and how, as a sentence. */
  next: string;
}

export const successors: readonly Successor[] = [
  {
    within: '',
    key: 'version',
    next: 'Write "apiVersion: oaops/v1" for the format, and "version" below "metadata" for the runbook.',
  },
  { within: '', key: 'name', next: 'Write it as "name" below "metadata".' },
  { within: '', key: 'steps', next: 'Write it as "steps" below "spec".' },
  {
    within: '',
    key: 'jobs',
    next: 'Write the steps as "steps" below "spec"; steps with the same "needs" run side by side.',
  },
  { within: '', key: 'tasks', next: 'Write it as "steps" below "spec".' },
  { within: '', key: 'hosts', next: 'Write "inventory" below "spec", and "targets" in each step.' },
  { within: '', key: 'on', next: 'Write it as "schedule" below "spec".' },
  { within: 'metadata', key: 'displayName', next: 'Write "title" instead.' },
  { within: 'metadata', key: 'annotations', next: 'Write "labels" instead.' },
  { within: 'metadata', key: 'namespace', next: 'Write "owner" for the team that answers for the runbook.' },
  { within: 'spec', key: 'vars', next: 'Write "inputs" instead.' },
  { within: 'spec', key: 'variables', next: 'Write "inputs" instead.' },
  { within: 'spec', key: 'parameters', next: 'Write "inputs" instead.' },
  { within: 'spec', key: 'tasks', next: 'Write "steps" instead.' },
  { within: 'spec', key: 'hosts', next: 'Write "inventory" here, and "targets" in each step.' },
  { within: 'spec', key: 'cron', next: 'Write "schedule: {type: cron, expression: ...}" instead.' },
  { within: 'inputs', key: 'options', next: 'Write "values" instead.' },
  { within: 'inputs', key: 'choices', next: 'Write "values" instead.' },
  { within: 'inputs', key: 'enum', next: 'Write "values" instead.' },
  { within: 'inputs', key: 'regex', next: 'Write "pattern" instead.' },
  { within: 'inputs', key: 'minimum', next: 'Write "min" instead.' },
  { within: 'inputs', key: 'maximum', next: 'Write "max" instead.' },
  { within: 'inputs', key: 'prompt', next: 'Write "title" for what a prompt asks.' },
  {
    within: 'steps',
    key: 'run',
    next: 'Write "uses: exec" with "argv" below "with"; a script needs "shell: true" there.',
  },
  {
    within: 'steps',
    key: 'script',
    next: 'Write "uses: exec" with "argv" below "with"; a script needs "shell: true" there.',
  },
  { within: 'steps', key: 'shell', next: 'Write "uses: exec" with "shell: true" below "with".' },
  { within: 'steps', key: 'command', next: 'Write "uses: exec" with "argv" below "with".' },
  { within: 'steps', key: 'action', next: 'Write "uses" instead.' },
  { within: 'steps', key: 'args', next: 'Write "with" instead.' },
  { within: 'steps', key: 'env', next: 'Write it below "with"; the values reach the process as its environment.' },
  { within: 'steps', key: 'environment', next: 'Write "env" below "with".' },
  { within: 'steps', key: 'when', next: 'Write "if" instead.' },
  { within: 'steps', key: 'loop', next: 'Write "forEach" instead.' },
  { within: 'steps', key: 'with_items', next: 'Write "forEach" instead.' },
  { within: 'steps', key: 'matrix', next: 'Write "forEach" instead.' },
  { within: 'steps', key: 'strategy', next: 'Write "forEach" and "parallel" instead.' },
  { within: 'steps', key: 'register', next: 'Write "outputs", a name with CEL over "result" for each.' },
  { within: 'steps', key: 'hosts', next: 'Write "targets" instead.' },
  { within: 'steps', key: 'delegate_to', next: 'Write "targets" instead.' },
  { within: 'steps', key: 'runs-on', next: 'Write "targets" instead.' },
  { within: 'steps', key: 'depends_on', next: 'Write "needs" instead.' },
  { within: 'steps', key: 'dependsOn', next: 'Write "needs" instead.' },
  { within: 'steps', key: 'after', next: 'Write "needs" instead.' },
  { within: 'steps', key: 'timeout-minutes', next: 'Write "timeout" with a unit, such as 20m.' },
  { within: 'steps', key: 'timeoutMs', next: 'Write "timeout" with a unit, such as 20m.' },
  { within: 'steps', key: 'timeoutSeconds', next: 'Write "timeout" with a unit, such as 30s.' },
  { within: 'steps', key: 'continue-on-error', next: 'Write "onFailure: continue" instead.' },
  { within: 'steps', key: 'allow_failure', next: 'Write "onFailure: continue" instead.' },
  { within: 'steps', key: 'ignore_errors', next: 'Write "onFailure: continue" instead.' },
  {
    within: 'steps',
    key: 'failed_when',
    next: 'Write "success", CEL over "result" that is true when the step went well.',
  },
  { within: 'steps', key: 'rescue', next: 'Write "onFailure: step:<id>" with a later step.' },
  { within: 'steps', key: 'rollback', next: 'Write "undo" instead.' },
  { within: 'steps', key: 'retries', next: 'Write "attempts" below "retry".' },
  { within: 'steps', key: 'until', next: 'Write "success" and "retry" instead.' },
  { within: 'steps', key: 'become_user', next: 'Write "user" below "become".' },
  { within: 'steps', key: 'become_method', next: 'Write "method" below "become".' },
  { within: 'steps', key: 'sudo', next: 'Write "become: true" instead.' },
  { within: 'steps', key: 'title', next: 'Write "name" instead.' },
  { within: 'retry', key: 'max', next: 'Write "attempts" instead.' },
  { within: 'retry', key: 'retries', next: 'Write "attempts", which counts the first one too.' },
  { within: 'retry', key: 'interval', next: 'Write "delay" instead.' },
  { within: 'schedule', key: 'cron', next: 'Write "type: cron" and "expression" instead.' },
  { within: 'schedule', key: 'timezone', next: 'Write "timeZone" instead.' },
];

/** The successor of `key` in the mapping at `path` (path from the document's root). */
export function successorOf(path: readonly PropertyKey[], key: string): Successor | undefined {
  const named = path.filter((part): part is string => typeof part === 'string');
  // An input or a label has a name of its own between the list and its keys.
  const within = named.at(-2) === 'inputs' ? 'inputs' : (named.at(-1) ?? '');
  return successors.find((entry) => entry.key === key && entry.within === within);
}
