import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { displayWidth } from '../../../src/cli/render/width.ts';
import { hasTmux, Tmux } from '../../helpers/tmux.ts';

const player = `${process.execPath} ${fileURLToPath(new URL('../../helpers/show-run.ts', import.meta.url))}`;
const tmux = new Tmux('list');

describe.skipIf(!hasTmux)('the live list in a real terminal', () => {
  afterAll(() => tmux[Symbol.dispose]());

  test('shows progress with rate and time left, running units, and what is still to come', async () => {
    tmux.start('live', 80, `${player} slow fail`);
    const backup = await tmux.screen('live', /MiB\/s, .* left/);
    expect(backup).toMatch(/^✔ stop the application/m);
    expect(backup).toMatch(/^\S back up the database {2}\d/m);
    expect(backup).toMatch(/^\S clean up$/m);
    const copy = await tmux.screen('live', /2\/12/);
    expect(copy).toContain('… +');
  });

  test('leaves plain lines behind: ended steps, troubled units, the verdict', async () => {
    tmux.start('end', 80, `${player} fast fail`);
    const shown = await tmux.screen('end', /failed after/);
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

  test('stands above what comes next, and gives the cursor back, when the process ends in the middle', async () => {
    tmux.start('exit', 80, `${player} slow exit; echo after`);
    const shown = await tmux.screen('exit', /after/);
    expect(shown).toMatch(/^\S back up the database {2}\d.*\n.*MiB\/s.*\n\S copy the package.*\n\S clean up\nafter$/m);
    expect(tmux.run('display-message', '-p', '-t', 'exit', '#{cursor_flag}').trim()).toBe('1');
  });

  test('fits a narrow terminal with Chinese names, and leaves nothing behind when it is resized', async () => {
    // As after other work: tmux scrolls one line for each that it folds, whatever room there is below.
    tmux.start('narrow', 60, `seq 12; ${player} slow ok`, 'zh-CN');
    await tmux.screen('narrow', /备份数据库 {2}\d/);
    // A window may be resized just before a frame that was made for its old size arrives: the next one is right.
    tmux.resize('narrow', 40, 24);
    const once = await tmux.screen('narrow', /^(?!.*(停止应用|备份数据库|分发补丁包到全部节点|收尾).*\1).*备份数据库/s);
    expect(once.split('\n').every((line) => displayWidth(line) <= 40)).toBe(true);
    await tmux.screen('narrow', /分发补丁包到全部节点 {2}[1-9]/);
    tmux.resize('narrow', 20, 16);
    await tmux.screen('narrow', /^ +› web|完成，用时/m);
    tmux.resize('narrow', 70, 24);
    const all = await tmux.everything('narrow', /完成，用时/);
    expect(all.replace(/\d+(\.\d+)? (ms|s)/g, 'T').split('\n')).toEqual([
      ...Array.from({ length: 12 }, (_, i) => String(i + 1)),
      '运行 20261122T180512Z-9f3a1c2b：oa-hotfix 1.4.0',
      '✔ 停止应用  T',
      '警告：the clock of web3 differs by T',
      '✔ 备份数据库  T',
      '✔ 分发补丁包到全部节点  T',
      '✔ 收尾  T',
      '完成，用时 T',
    ]);
  });
});
