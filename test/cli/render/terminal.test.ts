import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { displayWidth } from '../../../src/cli/render/width.ts';

const player = fileURLToPath(new URL('../../helpers/show-run.ts', import.meta.url));
const socket = `oaops-test-${process.pid}`;
const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** Our own tmux server, without the user's configuration. */
function tmux(...args: string[]): string {
  return spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  }).stdout;
}

function start(name: string, columns: number, args: string, lang = 'en'): void {
  tmux(
    'new-session',
    '-d',
    '-s',
    name,
    '-x',
    String(columns),
    '-y',
    '24',
    `env -u NO_COLOR -u CI LC_ALL=C.UTF-8 OAOPS_LANG=${lang} ${process.execPath} ${player} ${args}; sleep 60`,
  );
}

/** The screen as soon as it shows what is waited for. */
async function screen(name: string, wanted: RegExp): Promise<string> {
  const deadline = Date.now() + 15_000;
  let shown = '';
  while (Date.now() < deadline) {
    shown = tmux('capture-pane', '-p', '-t', name);
    if (wanted.test(shown)) return shown.trimEnd();
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  throw new Error(`never on the screen: ${wanted}\n${shown}`);
}

describe.skipIf(!hasTmux)('the live list in a real terminal', () => {
  afterAll(() => tmux('kill-server'));

  test('shows progress with rate and time left, running units, and what is still to come', async () => {
    start('live', 80, 'slow fail');
    const backup = await screen('live', /MiB\/s, .* left/);
    expect(backup).toMatch(/^✔ stop the application/m);
    expect(backup).toMatch(/^\S back up the database {2}\d/m);
    expect(backup).toMatch(/^\S clean up$/m);
    const copy = await screen('live', /2\/12/);
    expect(copy).toContain('… +');
  });

  test('leaves plain lines behind: ended steps, troubled units, the verdict', async () => {
    start('end', 80, 'fast fail');
    const shown = await screen('end', /failed after/);
    expect(shown.replace(/\d+(\.\d+)? m?s\b/g, 'T')).toBe(
      [
        'run 20261122T180512Z-9f3a1c2b: oa-hotfix 1.4.0',
        '✔ stop the application  T',
        'warning: the clock of web3 differs by T',
        '✔ back up the database  T',
        '✖ copy the package to all nodes  failed  T',
        '    web5 unreachable: connection refused',
        '    Check that sshd runs on web5.',
        '· clean up  not started',
        'failed after T',
      ].join('\n'),
    );
  });

  test('fits a narrow terminal with Chinese names, also after it was resized', async () => {
    start('narrow', 60, 'slow ok', 'zh-CN');
    await screen('narrow', /备份数据库 {2}\d/);
    tmux('resize-window', '-t', 'narrow', '-x', '40', '-y', '24');
    const shown = await screen('narrow', /分发补丁包到全部节点 {2}\d/);
    expect(shown.split('\n').every((line) => displayWidth(line) <= 40)).toBe(true);
    // A terminal that gets narrower folds what stands there, so that a line of the frame before may stay above the new one.
    const frame = shown.slice(shown.lastIndexOf('停止应用'));
    expect(frame.match(/备份数据库/g)).toHaveLength(1);
  });
});
