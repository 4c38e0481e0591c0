import { damaged } from '../format/damaged.ts';

/** One content of a pack and where it goes. */
export interface PlannedPiece {
  member: number;
  length: number;
  sha256: string;
  /** Number of the file and offset in it. */
  uses: { file: number; offset: number }[];
}

/** A use of a content: what it is, and where it goes. */
export interface PieceUse {
  member: number;
  length: number;
  sha256: string;
  file: number;
  offset: number;
}

/**
 * What is wanted of one pack. Held as columns of numbers, not as objects: a restore of a hundred thousand files holds all of
 * this from its plan until the pack's turn comes, and objects would take five times the memory.
 */
export class PackPieces {
  #members: number[] = [];
  #lengths: number[] = [];
  #sha256s: string[] = [];
  #files: number[] = [];
  #offsets: number[] = [];

  add({ member, length, sha256, file, offset }: PieceUse): void {
    this.#members.push(member);
    this.#lengths.push(length);
    this.#sha256s.push(sha256);
    this.#files.push(file);
    this.#offsets.push(offset);
  }

  /** Of all uses: content bytes that will be written. */
  get bytes(): number {
    return this.#lengths.reduce((sum, length) => sum + length, 0);
  }

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  /** Takes the uses by these files out. */
  leaveOut(isOut: (file: number) => boolean): void {
    const kept = this.#files.map((file) => !isOut(file));
    if (kept.every(Boolean)) return;
    const keep = <T>(column: T[]) => column.filter((_, index) => kept[index]);
    this.#members = keep(this.#members);
    this.#lengths = keep(this.#lengths);
    this.#sha256s = keep(this.#sha256s);
    this.#files = keep(this.#files);
    this.#offsets = keep(this.#offsets);
  }

  /** @throws OaopsError `repository-damaged` when two files disagree about a content */
  check(): void {
    const order = this.#order();
    for (let index = 1; index < order.length; index += 1) this.#isSame(order[index - 1]!, order[index]!);
  }

  /** Each content once, in the order of the pack. @throws OaopsError as `check` */
  inOrder(): PlannedPiece[] {
    const pieces: PlannedPiece[] = [];
    let previous = -1;
    for (const at of this.#order()) {
      const use = { file: this.#files[at]!, offset: this.#offsets[at]! };
      if (previous >= 0 && this.#isSame(previous, at)) pieces.at(-1)!.uses.push(use);
      else {
        const [member, length, sha256] = [this.#members[at]!, this.#lengths[at]!, this.#sha256s[at]!];
        pieces.push({ member, length, sha256, uses: [use] });
      }
      previous = at;
    }
    return pieces;
  }

  /** Positions by member; uses of the same one as they were added. */
  #order(): number[] {
    const order = [...this.#members.keys()];
    return order.sort((a, b) => this.#members[a]! - this.#members[b]!);
  }

  #isSame(a: number, b: number): boolean {
    if (this.#members[a] !== this.#members[b]) return false;
    if (this.#lengths[a] === this.#lengths[b] && this.#sha256s[a] === this.#sha256s[b]) return true;
    throw damaged('two files disagree about one content');
  }
}
