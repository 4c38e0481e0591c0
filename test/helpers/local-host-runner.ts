import { LocalHost } from '../../src/connectors/process/local-host.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';

// Runs one supervised command until somebody kills this process: STATE_DIR KEY COMMAND...
const [stateDir = '', key = '', ...argv] = process.argv.slice(2);
const target = { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} } as const;
const host = new LocalHost(
  { ...target, groups: [], vars: {} },
  { stateDir, env: process.env, clock: systemClock, random: systemRandom, cwd: '/' },
);
await host.run({ argv, supervise: { key } }, new AbortController().signal);
