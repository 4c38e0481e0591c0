import { describe, expect, it } from 'vitest';
import { type DrillReport, drillHtml } from '../../../src/backup/drill/report/html.ts';
import { escapeHtml } from '../../../src/core/html.ts';

const hostile = `<script>alert("1")</script>'&"\u001b[31m\n]]>`;
const report = (text: string): DrillReport => ({
  runbook: text,
  at: '2026-11-22T10:00:00.000Z',
  by: text,
  fact: {
    run: text,
    kind: 'restore',
    verdict: 'fail',
    reasons: [text],
    sabotage: text,
    location: text,
    snapshot: text,
    rtoMs: null,
    rtoObjectiveMs: 7_200_000,
    rpoMs: 60_000,
    rpoObjectiveMs: 86_400_000,
    failureTime: '2026-11-22T09:00:00.000Z',
    newestData: null,
    phases: {
      openMs: 20,
      manifestMs: 30,
      contentsMs: 900,
      fetchMs: 400,
      decryptMs: 300,
      extractMs: 700,
      smokeMs: 40,
      compareMs: 200,
    },
    files: 3,
    bytes: 4096,
    compared: { files: 3, bytes: 4096, different: 1 },
    checks: [{ check: text, passed: false, message: text, durationMs: 3 }],
    differences: [text],
    damagedObjects: [text],
    kept: text,
  },
  hashes: { plan: text, fact: text, head: text, bundle: text },
  trend: [
    { at: '2026-11-21T10:00:00.000Z', verdict: text, rtoMs: 1000, rpoMs: null },
    { at: '2026-11-22T10:00:00.000Z', verdict: 'pass', rtoMs: 1000, rpoMs: 2000 },
  ],
});

describe('report of a drill', () => {
  it('is one page without script whatever the names are', () => {
    for (const lang of ['en', 'zh-CN']) {
      const page = drillHtml(report(hostile), lang);
      expect(page).not.toMatch(/<script|\u001b|javascript:|<img|<link|@import|url\(|\son\w+=/i);
      expect(page).toContain('&lt;script&gt;');
      expect(page).toContain("default-src 'none'");
      // Every tag that is opened is ours.
      const tags = new Set([...page.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag));
      const ours =
        'html head meta title style body main header p h1 h2 section strong span code table thead tbody tr th td br small ul li dl dt dd svg line rect text'.split(
          ' ',
        );
      expect([...tags].filter((tag) => !ours.includes(tag!))).toEqual([]);
    }
    expect(escapeHtml('a<b>"\'&')).toBe('a&lt;b&gt;&quot;&#39;&amp;');
  });

  it('says verdict, objectives, phases and evidence in the language asked for', () => {
    const english = drillHtml(report('restore-drill'), 'en');
    for (const text of ['FAIL', 'not reached', 'Restore contents', '900 ms', 'Evidence bundle (sha256)', 'lang="en"'])
      expect(english).toContain(text);
    const chinese = drillHtml(report('restore-drill'), 'zh-CN');
    for (const text of ['未通过', '未恢复', '恢复内容', '证据包（sha256）', 'lang="zh-CN"'])
      expect(chinese).toContain(text);
    expect(chinese).not.toMatch(/Objectives|Smoke|Evidence</);
  });
});
