import { expect, it } from 'vitest';
import { selectTargets } from '../../src/engine/plan/targets.ts';
import type { Target } from '../../src/engine/ports.ts';

const host = (name: string, ...groups: string[]): Target => ({
  name,
  connection: 'ssh',
  host: name,
  groups,
  vars: {},
});
const hosts = [host('web1', 'web'), host('web2', 'web', 'blue'), host('db1', 'data'), host('a,b*', 'odd')];
const select = (...selectors: string[]) => selectTargets(selectors, { sources: [], hosts }).map(({ name }) => name);

it.each([
  [['web1'], ['web1']],
  [
    ['db1', 'web1', 'db1'],
    ['db1', 'web1'],
  ],
  [['db1,web1'], ['db1', 'web1']],
  [['web*'], ['web1', 'web2']],
  [['?b1'], ['db1']],
  [['group:web'], ['web1', 'web2']],
  [['group:[dw]*,group:d*'], undefined],
  [['group:*e*'], ['web1', 'web2']],
  [
    ['all', '!group:odd'],
    ['web1', 'web2', 'db1'],
  ],
  [['!web2', 'group:web'], ['web1']],
  [['!web2,!a,b*'], undefined],
  [['!group:odd,!web*'], ['db1']],
  [['all,!w*,!d*'], ['a,b*']],
  [['a,b*'], ['a,b*']],
  [['web1', '!web1'], undefined],
  [['all', '!web9'], undefined],
  [['x*'], undefined],
  [['web'], undefined],
  [['WEB1'], undefined],
  [['localhost'], ['localhost']],
  [['localhost', '!web*'], ['localhost']],
])('%j', (selectors, names) => {
  if (names) expect(select(...selectors)).toEqual(names);
  else expect(() => select(...selectors)).toThrow(expect.objectContaining({ code: 'target-unknown', exitCode: 2 }));
});
