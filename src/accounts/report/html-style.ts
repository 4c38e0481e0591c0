/** Colours and measures of the report's page: readable on a screen and on A4, also without colours. */
export const pageStyle = `
:root{color-scheme:light;--ink:#1d2430;--soft:#5b6675;--line:#dde3ea;--bad:#a32020;--warn:#8a5a00;--good:#17693a;--blue:#1b5fa8;--violet:#6b3fa0}
*{box-sizing:border-box}
body{margin:0;background:#f3f5f8;color:var(--ink);font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif}
main{max-width:1180px;margin:20px auto;background:#fff;padding:26px 32px;border:1px solid var(--line);border-radius:8px}
h1{margin:0;font-size:24px}h2{font-size:16px;margin:24px 0 8px}h2 small{display:inline;color:var(--soft);font-weight:400}
.facts,.note{color:var(--soft);font-size:13px;margin:4px 0}code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}
.alarm{margin:16px 0;padding:4px 18px 12px;background:#fcebeb;border:2px solid var(--bad);border-left-width:8px;border-radius:6px}
.alarm h2{margin:8px 0 2px;color:var(--bad);font-size:18px}.alarm p{margin:0 0 6px;font-weight:600}
.fine{color:var(--good);margin:12px 0}.filter{padding:6px 12px;background:#fdf5e2;border-left:5px solid #d39a1c;border-radius:4px}
.figures{display:flex;gap:10px;margin:16px 0;flex-wrap:wrap}.figure{flex:1 0 96px;padding:8px 12px;border-radius:6px;background:#f3f5f8;border-left:5px solid #9aa4b1}
.figure strong{display:block;font-size:22px}.figure span{color:var(--soft);font-size:12px}
.figure.severe{border-color:var(--bad)}.figure.serious{border-color:#d39a1c}.figure.minor{border-color:var(--blue)}.figure.unknown{border-color:var(--violet)}
.pair{display:flex;gap:28px;flex-wrap:wrap}.pair section{flex:1 1 320px}
table{width:100%;border-collapse:collapse;font-size:13px}
th,td{padding:4px 8px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600;font-size:12px;overflow-wrap:normal}.number{text-align:right;white-space:nowrap}
td small{display:block;color:var(--soft);font-size:12px}td em{font-style:normal;color:#fff;background:var(--blue);border-radius:8px;padding:0 7px;font-size:11px;white-space:nowrap}
tr.lost td,.lost{color:var(--bad);font-weight:600}ul{margin:4px 0;padding-left:20px}
.pill{display:inline-block;border-radius:8px;padding:0 8px;font-size:12px;font-weight:600;white-space:nowrap;background:#eef1f5;color:var(--soft)}
.pill.severe,.pill.weaker,.pill.not-set{background:#fcebeb;color:var(--bad)}.pill.serious{background:#fdf5e2;color:var(--warn)}.pill.minor{background:#e8f1fb;color:var(--blue)}
.pill.unknown,.pill.not-told{background:#f3edfa;color:var(--violet)}.pill.enforced{background:#e9f6ee;color:var(--good)}
.group td:first-child{min-width:150px}.group td:last-child{min-width:70px}
.found{table-layout:fixed}.found th:nth-child(1){width:24%}.found th:nth-child(2){width:11%}.found th:nth-child(3){width:14%}.found th:nth-child(5){width:11%}
@page{size:A4;margin:12mm}
@media print{body{background:#fff;font-size:11px}main{border:0;margin:0;max-width:none;padding:0}table{font-size:10px}th,td{padding:2px 4px}thead{display:table-header-group}tr{break-inside:avoid}h2{break-after:avoid}.pill,.figure,.alarm,.filter,td em{print-color-adjust:exact;-webkit-print-color-adjust:exact}.group td:first-child{min-width:90px}}
`;
