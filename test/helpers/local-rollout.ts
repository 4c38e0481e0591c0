import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes `hotfix.yaml` into `dir`, with its users (u10, u11 ...) and the `application` (a shell script) that it calls on this machine: a rollout of
 * batches of two, then five, with one gate. `call` gives the rest of `with` for one of the three calls of a batch; `step` more keys of the step.
 */
export function writeLocalRollout(
  dir: string,
  application: string,
  call: (action: 'enable' | 'disable' | 'health') => string,
  step = '',
): string[] {
  writeFileSync(join(dir, 'app'), application);
  chmodSync(join(dir, 'app'), 0o755);
  const users = Array.from({ length: 12 }, (_, index) => `u${index + 10}`);
  writeFileSync(join(dir, 'users.csv'), `login\n${users.join('\n')}\n`);
  const by = (action: 'enable' | 'disable' | 'health') => `{cwd: ${dir}, ${call(action)}}`;
  writeFileSync(
    join(dir, 'hotfix.yaml'),
    `apiVersion: oaops/v1
kind: Rollout
metadata: {name: oa-hotfix, version: 1.4.0, title: Hotfix, owner: tests, procedures: [UP-06]}
spec:
  population: {from: csv, file: users.csv, id: login}
  batches: {sizes: [2, 5]}
  steps:
    - {id: enable, uses: exec, ${step}with: ${by('enable')}, undo: {uses: exec, with: ${by('disable')}}}
  gates:
    - {id: health, uses: exec, with: ${by('health')}}
`,
  );
  return users;
}
