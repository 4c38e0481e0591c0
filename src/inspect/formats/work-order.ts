import { escapeHtml } from '../../core/html.ts';
import type { LocalizedText } from '../../runbook/types.ts';
import { nameIn, type Told } from './report-words.ts';

/** What a work order lists: the sign-offs of one run, and the checks that the machine makes itself. */
export interface WorkOrder {
  title: LocalizedText;
  inspection: string;
  version: string;
  run: string;
  /** ISO time at which the run began. */
  at: string;
  requester: string;
  items: { check: string; host: string; name: LocalizedText; instructions: LocalizedText; signed: string | null }[];
  /** Sections with how many checks of them are made by the machine. */
  automatic: { title: LocalizedText; checks: number }[];
}

/**
 * A work order 派工单 (IN-10) for print: what a person has to look at, with room for what was seen, and the signatures of the engineer and of
 * the customer. The signed paper comes back as the evidence of a sign-off. No script, nothing fetched.
 */
export function workOrderHtml(order: WorkOrder, told: Told): string {
  const zh = told.lang === 'zh-CN';
  const word = (en: string, cn: string) => (zh ? cn : en);
  const rows = order.items.map(
    ({ check, host, name, instructions, signed }, index) =>
      `<tr><td>${index + 1}</td><td>${escapeHtml(host)}</td><td><b>${escapeHtml(nameIn(told, name))}</b> <code>${escapeHtml(check)}</code><p>${escapeHtml(nameIn(told, instructions))}</p></td><td class="boxes">${signed === null ? `☐ ${word('all right', '正常')}<br>☐ ${word('not all right', '异常')}<br>☐ ${word('not applicable', '不适用')}` : escapeHtml(told.say(signed))}</td><td></td></tr>`,
  );
  const machine = order.automatic.map(
    ({ title, checks }) =>
      `<li>${escapeHtml(nameIn(told, title))}: ${checks} ${word('checks made by the machine', '项由系统自动检查')}</li>`,
  );
  return `<!doctype html>
<html lang="${zh ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${word('Work order', '派工单')} ${escapeHtml(order.run)}</title>
<style>
body{font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#000;max-width:900px;margin:20px auto;padding:0 16px}
h1{font-size:20px;margin:0 0 4px}table{border-collapse:collapse;width:100%;table-layout:fixed;margin:12px 0}
th,td{border:1px solid #555;padding:6px 8px;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th:nth-child(1){width:28px}th:nth-child(2){width:110px}th:nth-child(4){width:110px}th:nth-child(5){width:200px}
p{margin:4px 0}code{font-size:12px;color:#444}.boxes{white-space:nowrap}.sign td{height:64px}tr{break-inside:avoid}
</style>
</head>
<body>
<h1>${word('Work order', '派工单')}: ${escapeHtml(nameIn(told, order.title))}</h1>
<p>${word('Number', '单号')}: ${escapeHtml(order.run)} · ${escapeHtml(order.inspection)} ${escapeHtml(order.version)} · ${escapeHtml(order.at.slice(0, 16).replace('T', ' '))} UTC · ${word('asked for by', '派单人')}: ${escapeHtml(order.requester)}</p>
<table><thead><tr><th>#</th><th>${word('Where', '位置')}</th><th>${word('To be looked at', '检查内容')}</th><th>${word('Result', '结果')}</th><th>${word('What was seen', '情况说明')}</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>
${machine.length === 0 ? '' : `<ul>${machine.join('')}</ul>`}
<table class="sign"><tr><td>${word('Engineer, date', '工程师签字、日期')}</td><td>${word('Customer, date', '客户签字、日期')}</td></tr><tr><td>${word('Arrived / left', '到达 / 离开时间')}</td><td>${word('Remarks', '备注')}</td></tr></table>
</body>
</html>
`;
}
