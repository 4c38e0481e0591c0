import { formatDuration } from '../../../core/units.ts';

/** One after the other; `contents` is made of the three below it. */
const inOrder = ['open', 'manifest', 'contents', 'metadata', 'load', 'smoke', 'compare'];
const sideBySide = ['fetch', 'decrypt', 'extract'];
const colours: Record<string, string> = {
  contents: '#2f6fb0',
  fetch: '#7fb2e0',
  decrypt: '#7fb2e0',
  extract: '#7fb2e0',
  load: '#6a4fa3',
  smoke: '#2b8a57',
  compare: '#9aa5b1',
};

const width = 780;
const left = 170;
const right = 90;
const rowHeight = 26;

/** Bars in the order of time as inline SVG; empty when nothing was measured. Names are ours: nothing from outside is drawn. */
export function phasesChart(phases: Record<string, number>, names: Record<string, string>, lang: string): string {
  const ms = (name: string) => Math.max(0, phases[`${name}Ms`] ?? 0);
  const total = inOrder.reduce((sum, name) => sum + ms(name), 0);
  if (total <= 0) return '';
  const scale = (width - left - right) / total;
  const rows: { name: string; from: number; length: number; value: number; part: boolean }[] = [];
  let at = 0;
  for (const name of inOrder) {
    const value = ms(name);
    if (value > 0 || name === 'contents') rows.push({ name, from: at, length: value, value, part: false });
    if (name === 'contents') {
      const sum = sideBySide.reduce((all, part) => all + ms(part), 0);
      for (const part of sideBySide) {
        // Their share of the time that they had together.
        const length = sum === 0 ? 0 : Math.min(value, (ms(part) / Math.max(sum, value)) * value);
        if (ms(part) > 0) rows.push({ name: part, from: at, length, value: ms(part), part: true });
      }
    }
    at += value;
  }
  const bars = rows.map(({ name, from, length, value, part }, index) => {
    const y = index * rowHeight + 4;
    const x = left + from * scale;
    const wide = Math.max(2, length * scale);
    const tall = part ? 10 : 18;
    const label = `<text x="${left - 10}" y="${y + 13}" text-anchor="end" fill="${part ? '#5b6675' : '#1d2430'}">${names[name] ?? name}</text>`;
    const bar = `<rect x="${round(x)}" y="${y + (18 - tall) / 2}" width="${round(wide)}" height="${tall}" rx="2" fill="${colours[name] ?? '#c2cad3'}"/>`;
    return `${label}${bar}<text x="${round(x + wide + 6)}" y="${y + 13}" fill="#5b6675">${formatDuration(value)}</text>`;
  });
  const height = rows.length * rowHeight + 4;
  const title = lang === 'zh-CN' ? '各阶段耗时' : 'Time of each phase';
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" font-size="13" font-family="inherit"><line x1="${left}" y1="0" x2="${left}" y2="${height}" stroke="#dde3ea"/>${bars.join('')}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
