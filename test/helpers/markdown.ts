import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of a Markdown file. */
export interface Block {
  /** Relative to the root of the project. */
  file: string;
  /** Of the opening fence, from 1. */
  line: number;
  /** What stands behind the fence; `''` when nothing does. */
  lang: string;
  text: string;
  /** The reason in `<!-- not run: reason -->` on the line before the block. */
  notRun?: string;
}

/** README.md, CONTRIBUTING.md and everything below docs/. */
export function markdownFiles(root: string): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  return ['README.md', 'CONTRIBUTING.md', ...docs.sort()];
}

/** @throws Error when a block is never closed: everything after it would silently not be looked at. */
export function blocksOf(root: string, file: string): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { fence: string; indent: number }) | undefined;
  let before = '';
  for (const [index, line] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
    const fence = /^(?<indent> *)(?<ticks>```+|~~~+)(?<lang>[\w-]*)/.exec(line)?.groups;
    if (open && fence && fence['ticks'] === open.fence) {
      const { fence: _fence, indent: _indent, ...block } = open;
      blocks.push(block);
      open = undefined;
    } else if (open) {
      open.text += `${line.slice(open.indent)}\n`;
    } else if (fence) {
      const notRun = /<!-- not run: (.+?) -->\s*$/.exec(before)?.[1];
      open = {
        file,
        line: index + 1,
        lang: fence['lang']!,
        text: '',
        fence: fence['ticks']!,
        indent: fence['indent']!.length,
        ...(notRun ? { notRun } : {}),
      };
    }
    if (line.trim() !== '') before = line;
  }
  if (open) throw new Error(`${file}:${open.line}: the block is never closed`);
  return blocks;
}
