export interface ReportWords {
  title: string;
  kinds: Record<string, string>;
  verdicts: Record<string, string>;
  verdictMeans: Record<string, string>;
  sabotaged: string;
  objectives: string;
  objective: string;
  measured: string;
  goal: string;
  rto: string;
  rpo: string;
  met: string;
  missed: string;
  notReached: string;
  why: string;
  phases: string;
  phaseNames: Record<string, string>;
  sideBySide: string;
  checks: string;
  check: string;
  result: string;
  time: string;
  passed: string;
  failed: string;
  noChecks: string;
  what: string;
  facts: Record<string, string>;
  differences: string;
  damaged: string;
  evidence: string;
  evidenceHow: string;
  evidenceHashes: Record<string, string>;
  trend: string;
  none: string;
}

const en: ReportWords = {
  title: 'Drill report',
  kinds: { restore: 'Restore drill', 'stock-path': 'Restore drill with stock tools', switchover: 'Switch-over drill' },
  verdicts: { pass: 'PASS', partial: 'PARTIAL', fail: 'FAIL' },
  verdictMeans: {
    pass: 'The data came back, was checked, and the objectives were met.',
    partial: 'The data came back right, but not everything as it was, or an objective was missed.',
    fail: 'Recovery did not work, or nothing proves that it did.',
  },
  sabotaged: 'This drill was sabotaged on purpose; it had to fail:',
  objectives: 'Objectives',
  objective: 'Objective',
  measured: 'Measured',
  goal: 'Goal',
  rto: 'Recovery time (RTO)',
  rpo: 'Age of the recovered data (RPO)',
  met: 'met',
  missed: 'missed',
  notReached: 'not reached',
  why: 'Why it is no pass',
  phases: 'Where the time went',
  phaseNames: {
    open: 'Open the leg',
    manifest: 'Read the manifest',
    contents: 'Restore contents',
    fetch: 'fetch',
    decrypt: 'decrypt',
    extract: 'extract',
    metadata: 'Owners, modes, times',
    load: 'Load databases',
    smoke: 'Smoke checks',
    compare: 'Compare hashes',
  },
  sideBySide: 'Fetching, decryption and extraction go on side by side: their sums can exceed the time of the restore.',
  checks: 'Smoke checks',
  check: 'Check',
  result: 'Result',
  time: 'Time',
  passed: 'passed',
  failed: 'failed',
  noChecks: 'No smoke checks beside the comparison.',
  what: 'What was rehearsed',
  facts: {
    runbook: 'Runbook',
    run: 'Run',
    by: 'Started by',
    at: 'Ended',
    failureTime: 'Assumed failure',
    newestData: 'Newest data recovered',
    location: 'From',
    snapshot: 'Snapshot',
    files: 'Files restored',
    bytes: 'Bytes restored',
    compared: 'Files compared by hash',
    different: 'Different',
    kept: 'Restored copy kept in',
  },
  differences: 'Not as the manifest says',
  damaged: 'Damaged objects',
  evidence: 'Evidence',
  evidenceHow: 'These digests are in the audit chain. Check a bundle with: oaops evidence verify FILE',
  evidenceHashes: {
    plan: 'Plan (digest)',
    fact: 'This result (sha256)',
    bundle: 'Evidence bundle (sha256)',
    head: 'Audit chain, head',
  },
  trend: 'The last drills of this runbook',
  none: 'none',
};

const zh: ReportWords = {
  title: '演练报告',
  kinds: { restore: '恢复演练', 'stock-path': '恢复演练（仅用系统自带工具）', switchover: '容灾切换演练' },
  verdicts: { pass: '通过', partial: '部分通过', fail: '未通过' },
  verdictMeans: {
    pass: '数据已恢复并经检查，各项目标均已达到。',
    partial: '数据恢复正确，但并非全部恢复原状，或有目标未达到。',
    fail: '恢复未成功，或没有证据表明其成功。',
  },
  sabotaged: '本次演练经人为破坏，应当失败：',
  objectives: '目标',
  objective: '目标项',
  measured: '实测',
  goal: '目标值',
  rto: '恢复时间（RTO）',
  rpo: '恢复数据的时效（RPO）',
  met: '达到',
  missed: '未达到',
  notReached: '未恢复',
  why: '未通过的原因',
  phases: '各阶段耗时',
  phaseNames: {
    open: '打开副本',
    manifest: '读取清单',
    contents: '恢复内容',
    fetch: '读取',
    decrypt: '解密',
    extract: '解包',
    metadata: '属主、权限、时间',
    load: '加载数据库',
    smoke: '冒烟检查',
    compare: '比对哈希',
  },
  sideBySide: '读取、解密与解包同时进行：三者之和可能超过恢复所用时间。',
  checks: '冒烟检查',
  check: '检查项',
  result: '结果',
  time: '耗时',
  passed: '通过',
  failed: '未通过',
  noChecks: '除哈希比对外没有冒烟检查。',
  what: '演练内容',
  facts: {
    runbook: '运行手册',
    run: '运行',
    by: '发起人',
    at: '结束时间',
    failureTime: '假定故障时间',
    newestData: '恢复到的最新数据',
    location: '来源',
    snapshot: '快照',
    files: '恢复文件数',
    bytes: '恢复字节数',
    compared: '按哈希比对文件数',
    different: '不一致',
    kept: '恢复副本保留于',
  },
  differences: '与清单不符',
  damaged: '已损坏的对象',
  evidence: '证据',
  evidenceHow: '以下摘要已记入审计链。检查证据包：oaops evidence verify FILE',
  evidenceHashes: { plan: '计划（摘要）', fact: '本结果（sha256）', bundle: '证据包（sha256）', head: '审计链链头' },
  trend: '此运行手册最近的演练',
  none: '无',
};

/** Words of the report in a language of texts; English for one that is not known. */
export const reportWords = (lang: string): ReportWords => (lang === 'zh-CN' ? zh : en);
