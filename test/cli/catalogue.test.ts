import { beforeAll, describe, expect, test } from 'vitest';
import { Catalogue } from '../../src/cli/texts/catalogue.ts';
import { loadTexts, say, sayEvent, sayLines } from '../../src/cli/texts/texts.ts';

beforeAll(() => loadTexts('zh-CN'));

const catalogue = new Catalogue({
  '{} cannot be read: {}': '{} 无法读取：{}',
  'there is no file {} on {}': '{2} 上没有文件 {1}',
  'no permission': '没有权限',
  'Run it again.': '请再次运行。',
  'Check the path.': '请检查路径。',
  'please write {} to {}{}{}': '将 {} 写入 {}{}{}',
  ', mode {}': '，模式 {}',
  ', owner {}': '，属主 {}',
  'is not a number': '不是数字',
  'for {}': '持续 {}',
});

describe('a message is recognised', () => {
  test.each([
    ['no permission', '没有权限'],
    ['/etc/x cannot be read: no permission', '/etc/x 无法读取：没有权限'],
    ['/etc/x cannot be read: EIO: i/o error', '/etc/x 无法读取：EIO: i/o error'],
    ['there is no file /a on web1', 'web1 上没有文件 /a'],
    ['please write 3 bytes to /a, mode 0640, owner root', '将 3 bytes 写入 /a，模式 0640，属主 root'],
    ['please write 3 bytes to /a', '将 3 bytes 写入 /a'],
    ['Run it again. Check the path.', '请再次运行。请检查路径。'],
    ['stop: no permission', 'stop：没有权限'],
    ['"x" is not a number', '"x" 不是数字'],
    ['no permission\n  Run it again.', '没有权限\n  请再次运行。'],
  ])('%s', (english, chinese) => expect(catalogue.translate(english)).toBe(chinese));
});

describe('what is typed stays as it is', () => {
  test.each([
    [
      'Answer with: oaops runs answer R-1 ask --value yes (or no)',
      '请用以下命令回答：oaops runs answer R-1 ask --value yes（或 no）',
    ],
    ['Did you mean "oaops backup diff"?', '是否想运行 "oaops backup diff"？'],
    ['calendar china: 2007 to 2026', '日历 china：2007 至 2026'],
    ['set department to IT; set post to Clerk', '将 department 设为 IT；将 post 设为 Clerk'],
    ['  leg       s3://a/b: ok, 2.6 KiB in 7 objects', '  副本      s3://a/b：完成，2.6 KiB，7 个对象'],
  ])('%s', (english, chinese) => expect(sayLines('zh-CN', english)).toBe(chinese));
});

describe('a value with parentheses of its own', () => {
  test.each([
    ['Open: 李 (7), x (1 approval missing, until 2026-12-03)', 'Open: 李 (7), x（还差 1 个审批，截止 2026-12-03）'],
    ['"y" is no decision (and 1 more, on lines 5)', '"y" 不是决定（另有 1 处，在第 5 行）'],
  ])('%s', (english, chinese) => expect(say('zh-CN', english)).toBe(chinese));
});

describe('lines of the status of a rollout', () => {
  test.each([
    ['watch', '观察'],
    ['  gate w: not-started, 0 of 5 samples', '  关卡 w：未开始，样本 0/5'],
  ])('%s', (english, chinese) => expect(sayLines('zh-CN', english)).toBe(chinese));
});

/** As a rollout tells its outcomes and refusals: several facts in one message. */
describe('a message of several facts is said whole', () => {
  const sha256 = 'a'.repeat(64);
  test.each([
    [
      'b2-enable: 3 failures in this batch, the budget allows 2; everything that was done is taken back',
      'b2-enable：本批 3 个失败，允许 2 个；已执行的操作均已撤销',
    ],
    [
      'b2-enable: every member of the batch failed (2); everything that was done is taken back',
      'b2-enable：本批全部失败（2 个）；已执行的操作均已撤销',
    ],
    [
      'b2-health: the gate says no: samples that failed: 1, 0 allowed; sample 1: ended with exit code 1; still in place: b1-enable/localhost',
      'b2-health：关卡不放行：失败的样本：1 个，允许 0 个；样本 1：结束，退出码 1；仍未撤销：b1-enable/localhost',
    ],
    [
      'watch-well: the gate says no: no sample passed; sample 3: nobody looked at its time: a gap; goes on when no other run of the runbook is under way',
      'watch-well：关卡不放行：没有样本合格；样本 3：到点时无人采集：空缺；待该运行手册没有其他运行时继续',
    ],
    [
      `pre-package: the signature of /srv/oa.tar cannot be verified: /srv/oa.tar.sig does not exist; its sha256 is ${sha256}`,
      `pre-package：无法验证 /srv/oa.tar 的签名：/srv/oa.tar.sig 不存在；其 sha256 为 ${sha256}`,
    ],
    [
      `pre-rehearsal: there is no rehearsal of the rollback of this package on record; its sha256 is ${sha256}`,
      `pre-rehearsal：状态库中没有此升级包的回滚演练；其 sha256 为 ${sha256}`,
    ],
    [
      'b1-agree: rejected by bob: complaints; everything that was done is taken back',
      'b1-agree：被 bob 驳回：complaints；已执行的操作均已撤销',
    ],
    ['aborted: they keep it', '已中止：they keep it'],
    [
      './x.yaml:30:72: the gate "last" stands after batch 4, and the last one is 3',
      './x.yaml:30:72：关卡“last”写在第 4 批之后，而最后一批是第 3 批',
    ],
  ])('%s', (english, chinese) => expect(say('zh-CN', english)).toBe(chinese));
});

/** As inspections tell what they found. */
describe('counts and figures of an inspection', () => {
  test.each([
    [
      'oa-daily: fail; 30 checks, 5 of them failed, 1 could not be judged, 2 not signed off, 1 with a warning, 1 waived, 1 skipped, 3 new',
      'oa-daily：未通过；30 项检查，5 项未通过，1 项无法判断，2 项未签字，1 项警告，1 项已豁免，1 项跳过，3 项新出现',
    ],
    ['oa-daily: pass; 12 checks', 'oa-daily：通过；12 项检查'],
    ['/srv 97.1 % used, 120.0 KiB left', '/srv 已用 97.1 %，剩余 120.0 KiB'],
    [
      '/ 91 % used, 1.0 GiB left; /srv 97.1 % used, 3 inodes left',
      '/ 已用 91 %，剩余 1.0 GiB；/srv 的 inode 已用 97.1 %，剩余 3 个',
    ],
    ['the service nginx is stopped', '服务 nginx 已停止'],
    [
      'the service nginx is inactive (dead), and does not start with the machine',
      '服务 nginx inactive (dead)，且不会随机器启动',
    ],
    ['needs certificate, which is skipped', '依赖 certificate，其结果为 已跳过'],
  ])('%s', (english, chinese) => expect(say('zh-CN', english)).toBe(chinese));
});

test('what others say is not taken for a message', () => {
  expect(catalogue.translate('connect ECONNREFUSED 127.0.0.1:443')).toBeUndefined();
  // Too short a pattern to be trusted with any text.
  expect(catalogue.translate('for a start')).toBeUndefined();
  expect(catalogue.translate('')).toBeUndefined();
});

test('a value is put in as it is, also with the signs of a pattern', () => {
  expect(catalogue.translate('there is no file {1} on $& {}')).toBe('$& {} 上没有文件 {1}');
});

test('a long text of a parser takes no time to speak of', () => {
  const hostile = 'a: b; c. '.repeat(400);
  expect(catalogue.translate(hostile)).toBeUndefined();
  expect(say('zh-CN', hostile)).toContain('a');
});

test('English is never touched, unknown lines of a command stay', () => {
  expect(say('en', 'nothing was done')).toBe('nothing was done');
  expect(sayLines('en', 'plan: x')).toBe('plan: x');
  expect(sayLines('zh-CN', '3 files\nsomething of a user')).toBe('3 个文件\nsomething of a user');
});

test.each([
  // Ids are names: a step is called "open", a directory "hosts".
  [' 4. open: Open the accounts [WRITE, account.open]', ' 4. open: Open the accounts [WRITE, account.open]'],
  ['conclude operation "open"', '汇总结论（"open"）'],
  ['Li (E1): no account in hosts: the role gives no right there', 'Li (E1)：hosts 中不开账号：该岗位在其中没有权限'],
  ['hosts', '主机'],
  [
    'More accounts than the cap: ldap: 3 of 12 accounts of persons, more than 10%; hosts: 2 of 4 accounts of persons, more than 10%',
    '处理账号数超过上限：ldap：12 个个人账号中的 3 个，超过 10%；hosts：4 个个人账号中的 2 个，超过 10%',
  ],
  [
    'admin (oa): disable it; systems come with this account, and everybody knows its name',
    'admin (oa)：停用；系统自带的账号，账号名众所周知',
  ],
  [
    'web:li (hosts): password locked and account expired; taken out of the group ops',
    'web:li (hosts)：已锁定密码并使账号过期；已移出组 ops',
  ],
  [
    'nobody is named who answers for it; it is privileged: uid 0, sudo rule for root (/etc/sudoers:47)',
    '没有指定责任人；特权账号：uid 0、root 的 sudo 规则（/etc/sudoers:47）',
  ],
  [
    'wei (oa): make wei (oa) for 卫华 with book; book: 财务部 / 会计 (/srv/roles.csv:3); the password is shown at the terminal once',
    'wei (oa)：创建 wei（oa），使用人 卫华，权限 book；book: 财务部 / 会计 (/srv/roles.csv:3)；密码在终端显示一次',
  ],
])('of accounts: %s', (english, chinese) => {
  expect(sayLines('zh-CN', english)).toBe(chinese);
});

test('events are translated for people only: the event itself stays', () => {
  const event = {
    event: 'run.ended',
    time: '2026-11-22T18:05:12.000Z',
    run: 'r1',
    status: 'stopped',
    exitCode: 130,
    durationMs: 1,
    message: 'stopped by SIGINT',
    next: 'Go on with "oaops runs resume r1".',
  } as const;
  expect(sayEvent('zh-CN', event)).toMatchObject({
    message: '被 SIGINT 停止',
    next: '请用 "oaops runs resume r1" 继续。',
  });
  expect(event.message).toBe('stopped by SIGINT');
  expect(sayEvent('en', event)).toBe(event);
});
