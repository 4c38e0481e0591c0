/** A terminal that lines are drawn on. */
export interface FrameTerminal {
  columns?: number;
  rows?: number;
  write(text: string): unknown;
}

/** Lines of a terminal that are drawn over again and again. */
export interface Frame {
  /** Lines no wider than the terminal; of more than it is high, the last ones are seen. */
  draw(lines: readonly string[]): void;
  /** Takes the lines away; the cursor is where they began. */
  clear(): void;
  /** Lets the lines stand, with the cursor below them: for a process that ends without having cleared them. */
  leave(): void;
}

/** CSI sequences of ECMA-48 and DEC; 2026 shows all that is between at once, in terminals that know it. */
const begin = '\u001b[?2026h\u001b[?7l';
const end = '\u001b[?7h\u001b[?2026l';
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/**
 * Draws so that a window can be resized at any time. Of a terminal that gets narrower nobody can tell how many rows the
 * lines take afterwards: some fold them (tmux, GNOME Terminal, kitty), some cut them off (xterm, PuTTY). So nothing is
 * counted upwards: between two draws the cursor rests on the first line, where every terminal keeps it, and all below is ours.
 * A terminal may be resized before this process hears of it. While drawing it does not wrap, so that a line that is too
 * wide still takes one row; what looks wrong then is drawn anew as soon as the size is known.
 */
export function frameOn(stream: FrameTerminal): Frame {
  let drawn: readonly string[] = [];
  let size = '';
  return {
    draw(lines) {
      if (lines.length === 0) return this.clear();
      const shown = lines.slice(-(stream.rows || 24));
      const now = `${stream.columns}x${stream.rows}`;
      if (now === size && shown.join('\n') === drawn.join('\n')) return;
      // What lines of another width have left behind is not known. All lines are sent, not only those that have changed:
      // somebody may have typed into them.
      const erase = now === size ? eraseLine : eraseBelow;
      stream.write(`${begin}\r${shown.join(`${erase}\r\n`)}${eraseBelow}\r${up(shown.length - 1)}${end}`);
      drawn = shown;
      size = now;
    },
    clear() {
      // From the second column: tmux puts a screen that is erased from its first one into the scroll-back.
      if (drawn.length > 0) stream.write(`\r ${eraseBelow}\r`);
      drawn = [];
    },
    leave() {
      if (drawn.length > 0) stream.write(`${'\n'.repeat(drawn.length)}\r${eraseBelow}`);
      drawn = [];
    },
  };
}

function up(rows: number): string {
  return rows > 0 ? `\u001b[${rows}A` : '';
}
