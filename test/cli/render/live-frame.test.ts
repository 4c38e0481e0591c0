import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { liveFrame } from '../../../src/cli/render/live-frame.ts';
import { hasTmux, Tmux } from '../../helpers/tmux.ts';

const program = (name: string) =>
  `${process.execPath} ${fileURLToPath(new URL(`../../helpers/${name}`, import.meta.url))}`;
const player = program('live-frames.ts');
const tmux = new Tmux('live-frame');

function cursor(name: string): { shown: boolean; row: number } {
  const [flag, row] = tmux.run('display-message', '-p', '-t', name, '#{cursor_flag} #{cursor_y}').split(' ');
  return { shown: flag === '1', row: Number(row) };
}

test('a line without its end, written above, is not lost when the process ends', () => {
  let written = '';
  const stream = {
    columns: 40,
    rows: 10,
    write: (chunk: string | Uint8Array) => {
      written += Buffer.from(chunk as string).toString();
      return true;
    },
  };
  const before = new Set(process.listeners('exit'));
  const frame = liveFrame(stream);
  frame.draw(['a line of the frame']);
  const [onExit] = process.listeners('exit').filter((listener) => !before.has(listener));
  stream.write('the last words');
  expect(written).not.toContain('the last words');
  onExit!(0);
  expect(written).toMatch(/a line of the frame[\s\S]*the last words$/);
  frame.clear();
});

describe.skipIf(!hasTmux)('a frame in a terminal that is not only ours', () => {
  afterAll(() => tmux[Symbol.dispose]());

  test('Ctrl-Z leaves it whole above the shell, with the cursor; fg brings it back below; bg draws nothing', async () => {
    tmux.shell('stop');
    tmux.type('stop', `${player} wait`, 'Enter');
    await tmux.screen('stop', /third line/);
    tmux.type('stop', 'C-z');
    const stopped = await tmux.screen('stop', /Stopped.*\n\$\s*$/);
    expect(stopped).toMatch(/\nabove\nfirst line\nsecond line\nthird line, drawn \d+ times\n+\[1\]\+ +Stopped.*\n\$$/);
    expect(cursor('stop')).toEqual({ shown: true, row: stopped.split('\n').length - 1 });

    tmux.type('stop', 'fg', 'Enter');
    const again = await tmux.screen('stop', /\$ fg\n.*wait\nfirst line\nsecond line\nthird line, drawn \d+ times\s*$/);
    expect(again.startsWith(stopped)).toBe(true);
    expect(cursor('stop').shown).toBe(false);

    tmux.type('stop', 'C-z');
    await tmux.screen('stop', /Stopped[\s\S]*Stopped.*\n\$\s*$/);
    tmux.type('stop', 'bg; kill -USR2 %1', 'Enter');
    const background = await tmux.screen('stop', /went on/);
    expect(background.match(/first line/g)).toHaveLength(2);
    expect(cursor('stop').shown).toBe(true);
    tmux.type('stop', 'fg', 'Enter');
    await tmux.screen('stop', /went on[\s\S]*fg\n.*wait\nfirst line\nsecond line\nthird line/);
    tmux.type('stop', 'C-c');
    expect(await tmux.screen('stop', /done\n\$\s*$/)).toMatch(/fg\n.*wait\n(\^C)?done\n\$$/);
    expect(cursor('stop').shown).toBe(true);
  });

  test('Ctrl-\\ ends the process below it, with the cursor', async () => {
    tmux.shell('quit');
    tmux.type('quit', `ulimit -c 0; ${player} wait`, 'Enter');
    await tmux.screen('quit', /third line/);
    tmux.type('quit', 'C-\\');
    const shown = await tmux.screen('quit', /Quit.*\n\$\s*$/);
    expect(shown).toMatch(/\nabove\nfirst line\nsecond line\nthird line, drawn \d+ times\nQuit.*\n\$$/);
    expect(cursor('quit')).toEqual({ shown: true, row: shown.split('\n').length - 1 });
  });

  test('where nothing could wake the process up again, the work goes on', async () => {
    // Without job control: what is stopped here stays so for ever.
    tmux.start('orphan', 120, `trap "" INT; ${player} wait`);
    await tmux.screen('orphan', /third line, drawn \d+ times/);
    tmux.type('orphan', 'C-z');
    await tmux.screen('orphan', /third line[\s\S]*first line\nsecond line\nthird line, drawn/);
    tmux.type('orphan', 'C-c');
    await tmux.screen('orphan', /third line, drawn \d+ times\ndone/);
  });

  test('what others write comes above it, in whole lines; what has no end, when it is gone', async () => {
    tmux.start('write', 120, `${player} write`);
    const shown = await tmux.screen('write', /of a line/);
    expect(shown.split('\n')).toEqual([
      'above',
      'a warning longer than a line of the frame is',
      'half and half, 财务',
      'two lines',
      'at once',
      'called back',
      'no end of a line',
    ]);
  });

  test('an error that nobody catches is told below it, what was written just before above', async () => {
    tmux.start('throw', 120, `${player} throw`);
    const shown = await tmux.screen('throw', /nobody catches this\n[\s\S]*Node\.js/);
    expect(shown).toMatch(
      /^above\na warning\nfirst line\nsecond line\nthird line, drawn 1 times\n.*live-frames\.ts:\d+/,
    );
    expect(cursor('throw').shown).toBe(true);
  });

  test('the live list of a run does so too', async () => {
    tmux.shell('list');
    tmux.type('list', `${program('show-run.ts')} slow ok`, 'Enter');
    await tmux.screen('list', /MiB\/s/);
    tmux.type('list', 'C-z');
    const stopped = await tmux.screen('list', /Stopped.*\n\$\s*$/);
    expect(stopped).toMatch(
      /^\S back up the database.*\n.*MiB\/s.*\n\S copy the package.*\n\S clean up\n+\[1\]\+ +Stopped/m,
    );
    expect(cursor('list')).toEqual({ shown: true, row: stopped.split('\n').length - 1 });
    tmux.type('list', 'fg', 'Enter');
    const ended = await tmux.screen('list', /done after.*\n\$\s*$/);
    expect(ended).toMatch(
      /\$ fg\n.*show-run\.ts slow ok\nwarning: .*\n✔ back up the database.*\n✔ copy.*\n✔ clean up.*\ndone/,
    );
  });
});
