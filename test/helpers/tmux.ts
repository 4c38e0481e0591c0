import { spawnSync } from 'node:child_process';

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** A tmux server of our own, without the user's configuration: a real terminal of any size. */
export class Tmux {
  readonly #socket: string;

  constructor(name: string) {
    this.#socket = `oaops-${name}-${process.pid}`;
  }

  run(...args: string[]): string {
    return spawnSync('tmux', ['-L', this.#socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    }).stdout;
  }

  /** Opens a window of 24 lines with shell commands in it; what they have shown stays. */
  start(name: string, columns: number, commands: string, lang = 'en'): void {
    this.run(
      ...['new-session', '-d', '-s', name, '-x', String(columns), '-y', '24'],
      `unset NO_COLOR CI; export LC_ALL=C.UTF-8 OAOPS_LANG=${lang}; ${commands}; sleep 60`,
    );
  }

  /**
   * Opens a window with a shell that has job control, as people have it; its prompt is `$`. Wide, so that what the shell says of a
   * job is one line wherever the project lies.
   */
  shell(name: string): void {
    this.start(name, 300, 'PS1="\\$ " exec bash --norc --noprofile');
  }

  /** Presses keys by the names that tmux has for them; other words are typed. */
  type(name: string, ...keys: string[]): void {
    this.run('send-keys', '-t', name, ...keys);
  }

  resize(name: string, columns: number, rows: number): void {
    this.run('resize-window', '-t', name, '-x', String(columns), '-y', String(rows));
  }

  /** The screen as soon as it shows what is waited for. */
  async screen(name: string, wanted: RegExp): Promise<string> {
    return this.#wait(wanted, () => this.run('capture-pane', '-p', '-t', name));
  }

  /** The screen and all that was scrolled off it; lines that the terminal has folded are one. Without the spaces at their ends. */
  async everything(name: string, wanted: RegExp): Promise<string> {
    return this.#wait(wanted, () => this.run('capture-pane', '-p', '-J', '-S', '-', '-t', name).replace(/ +$/gm, ''));
  }

  async #wait(wanted: RegExp, look: () => string): Promise<string> {
    const deadline = Date.now() + 20_000;
    let shown = '';
    while (Date.now() < deadline) {
      shown = look();
      if (wanted.test(shown)) return shown.trimEnd();
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    throw new Error(`never on the screen: ${wanted}\n${shown}`);
  }

  [Symbol.dispose](): void {
    this.run('kill-server');
  }
}
