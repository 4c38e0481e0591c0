/**
 * Plays a scripted run through the renderer that flags and terminal ask for; started by tests under a real terminal.
 * Arguments: `fast` or `slow`, then `ok`, `fail` or `exit` (in the middle of it); the flags --json, --quiet, --verbose.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { openRenderer } from '../../src/cli/render/open.ts';
import { toLanguage } from '../../src/cli/texts/language.ts';
import { loadTexts } from '../../src/cli/texts/texts.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { Redactor } from '../../src/core/redaction.ts';

const [pace, outcome] = process.argv.slice(2);
const flag = (name: string) => process.argv.includes(name);
const lang = toLanguage(process.env['OAOPS_LANG']) ?? 'en';
const pauseMs = pace === 'slow' ? 400 : 5;
const redactor = new Redactor();
redactor.add('s3cret-word');

await loadTexts(lang);
const renderer = await openRenderer({
  globals: {
    json: flag('--json'),
    quiet: flag('--quiet'),
    verbose: flag('--verbose'),
    debug: false,
    color: !process.env['NO_COLOR'],
  },
  lang,
  redactor,
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  nowMs: () => Date.now(),
});

const run = '20261122T180512Z-9f3a1c2b';
const zh = lang === 'zh-CN';
const names = zh
  ? ['停止应用', '备份数据库', '分发补丁包到全部节点', '收尾']
  : ['stop the application', 'back up the database', 'copy the package to all nodes', 'clean up'];
const ids = ['stop', 'dump', 'copy', 'clean'];

type Bare = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'time' | 'run'> : never) : never;
function tell(event: Bare): void {
  renderer.sink({ ...event, time: new Date().toISOString(), run } as RunEvent);
}

tell({
  event: 'run.started',
  runbook: 'oa-hotfix',
  version: '1.4.0',
  digest: 'd',
  resumed: false,
  steps: ids.map((id, i) => ({ id, name: names[i]!, uses: 'exec', effect: 'write', units: id === 'copy' ? 12 : 1 })),
});
const unit = { unit: 'localhost', target: 'localhost', attempt: 1, phase: 'do' } as const;
tell({ event: 'step.started', step: 'stop', name: names[0]!, units: 1 });
tell({ event: 'unit.started', step: 'stop', ...unit });
tell({ event: 'unit.output', step: 'stop', unit: 'localhost', stream: 'stdout', text: 'token s3cret-word accepted\n' });
await delay(pauseMs * 3);
tell({ event: 'unit.ended', step: 'stop', ...unit, status: 'ok', durationMs: pauseMs * 3 });
tell({ event: 'step.ended', step: 'stop', status: 'ok', durationMs: pauseMs * 3 });

tell({ event: 'step.started', step: 'dump', name: names[1]!, units: 1 });
tell({ event: 'unit.started', step: 'dump', ...unit });
for (let i = 1; i <= 10; i++) {
  tell({
    event: 'unit.progress',
    step: 'dump',
    unit: 'localhost',
    done: i * 143_000_000,
    total: 1_430_000_000,
    measure: 'bytes',
  });
  await delay(pauseMs);
}
if (outcome === 'exit') process.exit(1);
tell({ event: 'run.warning', message: 'the clock of web3 differs by 4 s' });
tell({ event: 'unit.ended', step: 'dump', ...unit, status: 'ok', durationMs: pauseMs * 10 });
tell({ event: 'step.ended', step: 'dump', status: 'ok', durationMs: pauseMs * 10 });

tell({ event: 'step.started', step: 'copy', name: names[2]!, units: 12 });
const hosts = Array.from({ length: 12 }, (_, i) => `web${i + 1}`);
for (const host of hosts)
  tell({ event: 'unit.started', step: 'copy', unit: host, target: host, attempt: 1, phase: 'do' });
for (const [i, host] of hosts.entries()) {
  await delay(pauseMs);
  const failed = outcome === 'fail' && i === 4;
  const why = failed ? { message: 'connection refused', next: 'Check that sshd runs on web5.' } : {};
  tell({
    event: 'unit.ended',
    step: 'copy',
    unit: host,
    target: host,
    attempt: 1,
    phase: 'do',
    status: failed ? 'unreachable' : 'ok',
    durationMs: pauseMs,
    ...why,
  });
}
const status = outcome === 'fail' ? 'failed' : 'ok';
tell({ event: 'step.ended', step: 'copy', status, durationMs: pauseMs * 12 });
if (outcome === 'fail') {
  tell({ event: 'step.ended', step: 'clean', status: 'not-started', durationMs: 0 });
} else {
  tell({ event: 'step.started', step: 'clean', name: names[3]!, units: 1 });
  tell({ event: 'unit.started', step: 'clean', ...unit });
  tell({ event: 'unit.ended', step: 'clean', ...unit, status: 'ok', durationMs: 1 });
  tell({ event: 'step.ended', step: 'clean', status: 'ok', durationMs: 1 });
}
tell({ event: 'run.ended', status, exitCode: outcome === 'fail' ? 1 : 0, durationMs: pauseMs * 25 });
await renderer.close();
