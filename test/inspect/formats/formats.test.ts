import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { displayWidth } from '../../../src/cli/render/width.ts';
import { loadTexts, sayLines } from '../../../src/cli/texts/texts.ts';
import { oneLine } from '../../../src/core/plain-text.ts';
import type { InspectionReport } from '../../../src/inspect/assemble.ts';
import { formatReport, type ReportFormat, reportFormats } from '../../../src/inspect/formats/format.ts';
import { trendKey } from '../../../src/inspect/formats/html.ts';
import { nagiosCodes } from '../../../src/inspect/formats/nagios.ts';
import { needs } from '../../helpers/needs.ts';
import { which } from '../../helpers/restore-script.ts';
import { hostileReport, hostileText, largeReport, reportOf } from './hostile-report.ts';

await loadTexts('zh-CN');

type FileFormat = Exclude<ReportFormat, 'text'>;
const formats = reportFormats.filter((format): format is FileFormat => format !== 'text');
const folder = join(import.meta.dirname, '../../golden/inspect');
const endings: Record<FileFormat, string> = {
  json: 'json',
  junit: 'xml',
  tap: 'tap',
  nagios: 'nagios.txt',
  prometheus: 'prom',
  markdown: 'md',
  html: 'html',
};
const told = (lang: 'en' | 'zh-CN') => ({ lang, say: (text: string) => sayLines(lang, text) });
const trends = new Map([[trendKey('i', 'web1', 'load'), [0.5, null, 0.75, 0.25]]]);
const text = (format: FileFormat, lang: 'en' | 'zh-CN' = 'en') =>
  formatReport(hostileReport, format, { ...told(lang), trends });

// A change is made visible on purpose: OAOPS_UPDATE_GOLDEN=1 writes the files, their diff is reviewed.
test.each(formats)('%s is as it was', (format) => {
  const file = join(folder, `report.${endings[format]}`);
  if (process.env['OAOPS_UPDATE_GOLDEN']) writeFileSync(file, text(format));
  expect(text(format)).toBe(readFileSync(file, 'utf8'));
});

test.each(formats.filter((format) => format !== 'json'))(
  '%s holds no sign that a terminal obeys, and ends its last line',
  (format) => {
    for (const lang of ['en', 'zh-CN'] as const) {
      expect(text(format, lang)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(text(format, lang)).toMatch(/[^\n]\n$/);
      expect(text(format, lang).isWellFormed()).toBe(true);
    }
  },
);

/** What a program says of a text on its stdin; empty when it takes it. */
function complaint(program: string, args: string[], input: string): string {
  const ended = spawnSync(program, args, { input, encoding: 'utf8' });
  return ended.status === 0 ? '' : `${ended.status} ${ended.stdout}${ended.stderr}`;
}

describe('junit', () => {
  beforeEach(needs('xmllint'));

  test.each(['en', 'zh-CN'] as const)('is well-formed, and says what was said (%s)', (lang) => {
    expect(complaint('xmllint', ['--noout', '-'], text('junit', lang))).toBe('');
    const read = (xpath: string) =>
      spawnSync('xmllint', ['--xpath', xpath, '-'], { input: text('junit', lang), encoding: 'utf8' }).stdout.trimEnd();
    expect(read('string(//testcase[1]/failure/@message)')).toBe(oneLine(hostileText).replace('\ufffe', '\ufffd'));
    expect(read('count(//testcase)')).toBe('10');
    for (const [tag, count] of Object.entries({ failure: 2, error: 2, skipped: 3, 'system-out': 3 }))
      expect([tag, read(`count(//testcase/${tag})`)]).toEqual([tag, String(count)]);
    expect(read('concat(//@tests, " ", //@failures, " ", //@errors, " ", //@skipped)')).toBe('10 2 2 3');
  });
});

test('prometheus is what promtool takes', ({ skip }) => {
  needs('promtool')({ skip } as never);
  expect(complaint('promtool', ['check', 'metrics'], text('prometheus'))).toBe('');
});

describe('nagios', () => {
  const first = (report: InspectionReport) => formatReport(report, 'nagios', told('en')).split('\n')[0]!;

  test('has a first line of at most 80 columns, in whatever script, before its performance data', () => {
    const long = (message: string) =>
      reportOf([{ ...hostileReport.sections[0]!.results[0]!, message, host: 'h', measures: [] }]);
    for (const message of ['x'.repeat(300), '王'.repeat(300), '🔥'.repeat(300), 'a王'.repeat(150)]) {
      const line = first(long(message));
      expect([line, displayWidth(line) <= 80]).toEqual([line, true]);
      expect(line).toMatch(/\.\.\.$/);
      expect(line.isWellFormed()).toBe(true);
    }
    expect(displayWidth(first(hostileReport).split(' | ')[0]!)).toBeLessThanOrEqual(80);
  });

  test('begins performance data where a | stands, and nowhere else', () => {
    const lines = text('nagios').split('\n');
    const data = lines.flatMap((line, index) => (line.includes('|') ? [index] : []));
    // The first line, and the last of the texts.
    expect(data).toEqual([0, 4]);
    const perf = [lines[0]!.split('| ')[1]!, lines[4]!.split('| ')[1]!, ...lines.slice(5).filter(Boolean)];
    // 'label'=value[UOM];[warn];[crit];[min];[max] of the guidelines; a label holds no = and no quote.
    const number = '-?\\d+(?:\\.\\d+)?';
    const range = `(?:@?(?:~|${number})?:?(?:${number})?)?`;
    const form = new RegExp(
      `^'[^'=]+'=${number}(?:s|%|B|c)?(?:;${range}(?:;${range}(?:;(?:${number})?(?:;(?:${number})?)?)?)?)?$`,
    );
    expect(perf.filter((line) => !form.test(line))).toEqual([]);
    expect(perf).toHaveLength(5);
  });

  test('ends as plugins do', () => {
    expect(nagiosCodes).toEqual({ pass: 0, warn: 1, fail: 2, error: 3, pending: 3 });
    const of = (verdict: InspectionReport['verdict']) => first({ ...reportOf([]), verdict });
    expect(['pass', 'warn', 'fail', 'error', 'pending'].map((verdict) => of(verdict as never).split(' ')[1])).toEqual([
      'OK',
      'WARNING',
      'CRITICAL',
      'UNKNOWN',
      'UNKNOWN',
    ]);
  });
});

test('tap counts its lines, and passes nothing that is not good', () => {
  const lines = text('tap').split('\n');
  const points = lines.filter((line) => /^(not )?ok /.test(line));
  expect(lines.slice(0, 2)).toEqual(['TAP version 14', '1..10']);
  expect(points.map((line) => Number(/ok (\d+) /.exec(line)![1]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(points.map((line) => line.startsWith('ok'))).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
    true,
    true,
    true,
    true,
  ]);
  // A # that is not escaped begins a directive.
  expect(points.map((line) => /(?<!\\)# (.{4})/.exec(line)?.[1])).toEqual([
    ...Array(5).fill(undefined),
    'SKIP',
    'SKIP',
    'SKIP',
    undefined,
    undefined,
  ]);
  const blocks = text('tap').matchAll(/^ {2}---\n([\s\S]*?)^ {2}\.\.\.$/gm);
  const read = [...blocks].map(([, block]) => parse(block!) as Record<string, unknown>);
  expect(read.map(({ state }) => state)).toEqual(['fail', 'error', 'manual-failed', 'manual-pending', 'warn']);
  expect(read[0]!['details']).toHaveLength(5);
});

test('markdown has its tables, and nothing of what hosts say becomes markup', () => {
  const page = text('markdown');
  const rows = page.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.map((row) => row.replace(/\\\||\\\\/g, '').split('|').length);
  expect(new Set(cells)).toEqual(new Set([6]));
  expect(rows).toHaveLength(12);
  expect(page.replaceAll('<br>', '')).not.toMatch(/[<>]/);
  expect(page.replace(/\\[\\`*_{}[\]()#+!|~]/g, '').replace(/^\|[-|]+$/gm, '')).not.toMatch(/[`*_[\]]/);
});

describe('html', () => {
  test.each(['en', 'zh-CN'] as const)('has no element and attribute but its own, and lets nothing run (%s)', (lang) => {
    const page = text('html', lang);
    const tags = [...page.matchAll(/<\/?([a-z0-9]+)([^>]*)>/gi)];
    const names = new Set(tags.map(([, name]) => name));
    for (const name of names)
      expect(
        'html head meta title style body main header h1 h2 strong p span ul li section table thead tbody tr th td small br em div b svg polyline circle'.split(
          ' ',
        ),
      ).toContain(name);
    // Every attribute is quoted, so that nothing of a value is one.
    const attribute = / ([a-zA-Z-]+)="[^"]*"/g;
    expect(
      tags.map(([, , rest]) => rest!.replace(attribute, '')).filter((rest) => !['', '/', ' html'].includes(rest)),
    ).toEqual([]);
    const attributes = new Set(tags.flatMap(([, , rest]) => [...rest!.matchAll(attribute)].map(([, name]) => name)));
    expect([...attributes].filter((name) => /^on|href|src$/.test(name!))).toEqual([]);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).toContain(`<html lang="${lang}">`);
    expect(page).not.toMatch(/https?:|@import|url\(/);
  });

  test.skipIf(which('chromium') === undefined)(
    'shows everything in a browser, which runs nothing of it',
    { timeout: 120_000 },
    () => {
      const dir = mkdtempSync(join(tmpdir(), 'oaops-html-'));
      onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
      const file = join(dir, 'report.html');
      writeFileSync(file, text('html'));
      const flags = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        `--user-data-dir=${join(dir, 'profile')}`,
        '--dump-dom',
      ];
      const { stdout } = spawnSync('chromium', [...flags, `file://${file}`], { encoding: 'utf8', timeout: 100_000 });
      expect(stdout).toContain('<title>Daily &lt;script&gt;document.title=1&lt;/script&gt;');
      expect(stdout).not.toMatch(/<(script|img)/);
      expect(stdout.match(/<tr class=/g)).toHaveLength(10);
    },
  );

  test('draws earlier figures, with a gap where there is none', () => {
    const [chart] = /<svg[\s\S]*?<\/svg>/.exec(text('html'))!;
    expect(chart).toBe(
      '<svg viewBox="0 0 90 18" width="90" height="18" role="img" aria-hidden="true"><circle cx="2" cy="6.7" r="1.5" fill="#2f6fb0"/><polyline points="59.3,2 88,11.3" fill="none" stroke="#2f6fb0" stroke-width="1.5"/></svg>',
    );
  });
});

describe('of 5,000 results', () => {
  const large = largeReport(5000);
  const mostMib: Record<FileFormat, number> = {
    json: 4,
    junit: 2,
    tap: 1,
    nagios: 1,
    prometheus: 2,
    markdown: 1,
    html: 2,
  };
  test.each(formats)('%s has a size that mail takes, and is written at once', (format) => {
    const startedMs = performance.now();
    const made = formatReport(large, format, told('zh-CN'));
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(Buffer.byteLength(made) / 2 ** 20).toBeLessThan(mostMib[format]);
  });
});
