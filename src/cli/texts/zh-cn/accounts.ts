import type { Messages } from '../catalogue.ts';

/** Account reviews: what is read, planned, changed and concluded: src/accounts and src/app/accounts. */
export const accounts = (): Messages => ({
  // What a runbook or the company's file says.
  '"{}" is about a person, and none is named': '"{}" 针对具体人员，但没有写明是谁',
  'Write "person: ${{ inputs.person }}" and declare the input.': '请写 "person: ${{ inputs.person }}" 并声明该输入项。',
  'the runbook does not say what is done about which finding; leavers are disabled and held':
    '运行手册没有写明对哪种发现做什么；离职人员的账号将被停用并移入保留区',
  'Write "cleanup: {rules: [{finding: leaver}]}" if that is meant.':
    '如果正是此意，请写 "cleanup: {rules: [{finding: leaver}]}"。',
  'the id "{}" is one that an account review gives to its own steps': 'id "{}" 是账号管理为自身步骤保留的',
  'Choose another id.': '请换一个 id。',
  'the id "{}" is there twice': 'id "{}" 出现两次',
  'Give each an id of its own.': '请给每一个不同的 id。',
  'there is no source "{}"': '没有来源 "{}"',
  '"{}" of no time finds every account': '"{}" 为零时长会找出所有账号',
  'Write a duration such as 90d.': '请写时长，例如 90d。',
  'Write a duration such as 3d.': '请写时长，例如 3d。',
  'Write a duration such as 7d.': '请写时长，例如 7d。',
  '"refuse" ({}) is below "share" ({}): a second person is never asked for a share':
    '"refuse"（{}）低于 "share"（{}）：永远不会因占比请第二人审批',
  'Write a "share" that is smaller than "refuse".': '请使 "share" 小于 "refuse"。',
  '"maxUid" ({}) is below "minUid" ({}): no account is between them': '"maxUid"（{}）小于 "minUid"（{}）：其间没有账号',
  'Write a "maxUid" that is larger.': '请写更大的 "maxUid"。',
  '"maxAge" of no time is kept by no file': '"maxAge" 为零时长，没有文件能满足',
  'the filter {} has a ( or ) too few or too many': '过滤条件 {} 的括号不配对',
  'Write it as (attribute=value).': '请写成 (属性=值)。',
  '"holdBase" is "base": every account would count as held': '"holdBase" 就是 "base"：所有账号都会被视为已在保留区',
  '"base" lies below "holdBase": every account would count as held':
    '"base" 在 "holdBase" 之下：所有账号都会被视为已在保留区',
  'Name a place of its own, such as ou=hold beside "base".': '请指定单独的位置，例如与 "base" 并列的 ou=hold。',
  '"{}" is no name of an entry (DN)': '"{}" 不是条目名（DN）',
  'Write one such as ou=people,dc=example,dc=com.': '请写成 ou=people,dc=example,dc=com 这样的名称。',
  '"{}" does not read "{}": it would change nothing': '"{}" 不读取 "{}"：写了也不起作用',
  'Take it out; it is a key of {}.': '请删去；它是 {} 的键。',
  'without a rule nothing is done about any finding': '没有规则，任何发现都不会处理',
  'Write one such as {finding: leaver, do: [disable, strip, hold]}.':
    '请写一条，例如 {finding: leaver, do: [disable, strip, hold]}。',
  '"by" names "{}" twice': '"by" 中 "{}" 出现两次',
  'Write each way once, the surest first.': '每种方式只写一次，最可靠的写在最前。',
  '"{}" protects every account: nothing would ever be changed': '"{}" 保护所有账号：永远不会变更任何账号',
  'Name the accounts that are meant, or a "directory".': '请写明要保护的账号，或指定 "directory"。',
  '"refuse" of 0% refuses every change': '"refuse" 为 0% 会拒绝一切变更',
  'Write a share such as 50%.': '请写一个比例，例如 50%。',
  'no status of the source "{}" would mean "{}"': '来源 "{}" 没有任何状态表示 "{}"',
  'Leave "{}" out for the usual words, or write those that the source has.':
    '请省略 "{}" 以使用常用词，或写上该来源使用的词。',
  'a rule before is about "{}" too: what either asks for is done, and the longer "deleteAfter" holds':
    '前面已有针对 "{}" 的规则：两条要求的都会执行，"deleteAfter" 以较长者为准',
  'Write one rule, or rules that ask for different things.': '请合并为一条规则，或让各规则要求不同的处理。',
  '"planMaxAge" of no time is over before anybody has signed': '"planMaxAge" 为零时长，无人来得及签字',
  '"answerWithin" of no time leaves nobody the time to answer': '"answerWithin" 为零时长，无人来得及答复',
  'a hold of less than a day leaves nobody the time to object': '保留不足一天，无人来得及提出异议',
  'Write at least 1d, such as 30d.': '请至少写 1d，例如 30d。',
  'an account would be held that is not disabled': '会把未停用的账号移入保留区',
  'Write "disable" before "hold".': '请在 "hold" 之前写 "disable"。',
  '"findings" leaves out "{}", so that nothing is ever done about it': '"findings" 未包含 "{}"，因此永远不会处理它',
  'Add it to "findings", or take the rule out.': '请把它加入 "findings"，或删去该规则。',
  'name an account or a group': '请写 account 或 group',
  '{} does not know where the accounts are': '{} 没有写明账号在哪里',
  'Write "directories" into the runbook, or name a file with "accounts" in the configuration.':
    '请在运行手册中写 "directories"，或在配置中用 "accounts" 指定文件。',
  'Write "directories" into {}.': '请在 {} 中写 "directories"。',
  '{} names no source of people': '{} 没有写人员来源',
  'the runbook': '运行手册',
  'the file': '文件',
  'Write "sources" beside "directories": who belongs to the company comes from there.':
    '请在 "directories" 旁写 "sources"：公司有哪些人员由此得知。',
  'Name a file that you can read with "accounts" in the configuration, or "from" in the runbook.':
    '请在配置中用 "accounts"，或在运行手册中用 "from" 指定可读的文件。',
  'it is no file': '不是文件',
  'Look whether the export came, and whether "file" is right.': '请查看导出文件是否已到，以及 "file" 是否正确。',
  '{} has {}; at most {} are read': '{} 有 {}；最多读取 {}',
  'Check that it is the right file.': '请确认是否为正确的文件。',
  // Reading.
  '{} was not read: {}': '{} 未能读取：{}',
  'the source {} was not read, so nothing is planned: {}': '来源 {} 未能读取，因此不作任何计划：{}',
  'Repair the source.': '请修复该来源。',
  'the runbook reads what only a run knows': '运行手册引用了运行时才有的值',
  'Use inputs; sources and directories are read when the plan is made.':
    '请改用输入项；来源和目录在制定计划时就要读取。',
  // Planning.
  'held since {} by run {}': '自 {} 起由运行 {} 停用并保留',
  '{} ({}): it is only like its person by name and department': '{}（{}）：仅姓名和部门与其人员相同',
  '{} ({}): it is only like {} by name and department': '{}（{}）：仅姓名和部门与 {} 相同',
  'confirm it with "oaops account review --confirm"': '请用 "oaops account review --confirm" 确认',
  '{} left alone by rule': '{} 个按规则保留',
  'refused: {}': '已拒绝：{}',
  'left alone by rule: {}': '按规则保留：{}',
  '{} ({}): not deleted after its hold: a second person ("approvals.allowedSigners" of the configuration) or --confirm {} is needed':
    '{}（{}）：保留期满但未删除：需要第二人审批（配置项 "approvals.allowedSigners"）或 --confirm {}',
  'more accounts than the cap, so a second person has to approve: {}': '账号数超过上限，需要双人审批：{}',
  'Set approvals.allowedSigners in the configuration, or look at the sources and raise "caps".':
    '请在配置中设置 approvals.allowedSigners，或检查来源后调高 "caps"。',
  // Right before a change.
  'run {} has disabled or deleted it since: take that back first': '运行 {} 此后已将其停用或删除：请先撤销那次运行',
  'it was taken back': '已撤销',
  'it is gone': '已不存在',
  'somebody logged in with it since the plan was made ({})': '制定计划后有人用它登录过（{}）',
  'its {} was changed since the plan was made ({} -> {})': '制定计划后其{}已变更（{} -> {}）',
  'its rights were changed since the plan was made': '制定计划后其权限已变更',
  'its person is not in the sources any more, or not clear': '其人员已不在来源中，或无法确定',
  '{} is employed ({})': '{} 在职（{}）',
  'it belongs to {} ({})': '它属于 {}（{}）',
  'it cannot be told any more whose it is': '已无法判断属于谁',
  '{} works as {} now ({})': '{} 现任 {}（{}）',
  'no department': '无部门',
  // What came of it.
  '{}: not done: {}': '{}：未完成：{}',
  '{}: left as it is: {}': '{}：保持原样：{}',
  '{}: restored': '{}：已恢复',
  '{}: restored but for: {}': '{}：已恢复，以下除外：{}',
  '{}: not restored': '{}：未恢复',
  '{} findings': '{} 项发现',
  '{} rules for passwords': '{} 条密码规则',
  '{} of {} accounts changed': '{2} 个账号中已处理 {1} 个',
  '{} of {} accounts restored': '{2} 个账号中已恢复 {1} 个',
  '{} left as they are or done in part': '{} 个保持原样或只完成一部分',
  '{} not judged': '{} 项无法判断',
  '{} more: oaops account show {}': '另有 {} 条：oaops account show {}',
  // Opening.
  'made {}': '已开通 {}',
  // Runs.
  'Start it with "oaops account {} {}".': '请用 "oaops account {} {}" 启动。',
  '{} is of the kind {}': '{} 的类型为 {}',
  'Start it with "oaops run {}".': '请用 "oaops run {}" 启动。',
  '{} is for "{}"': '{} 用于 "{}"',
  'run {} is one of {}, of the kind {}': '运行 {} 属于 {}，类型为 {}',
  'See it with "oaops runs show {}".': '请用 "oaops runs show {}" 查看。',
  'run {} has changed no account "{}" that is not restored yet': '运行 {} 处理过的账号中没有尚未恢复的 "{}"',
  'run {} has changed nothing that is not restored yet': '运行 {} 处理过的账号均已恢复',
  'the directory "{}" shows {} accounts, and {} on {}: more than {} fewer':
    '目录“{1}”显示 {2} 个账号，{4} 读取时为 {3} 个：减少超过 {5}',
  '{} accounts of the directory "{}" show {}, and {} on {}: more than {} fewer':
    '目录“{2}”有 {1} 个账号显示 {3}，{5} 读取时为 {4} 个：减少超过 {6}',
  'no account of the directory "{}" shows a right, and {} held some on {}: its groups may be hidden':
    '目录“{1}”没有账号显示权限，{3} 读取时有 {2} 个账号持有权限：组可能不可见',
  'Look whether the login may still read everything. If it is right, raise "maxShrink" of the directory for one run.':
    '请确认登录账号是否仍能读取全部内容。若情况属实，请为该目录提高一次 "maxShrink"。',
  'Look whether the login may still read everything. If it is right, set "maxShrink" of the directory to 100% for one run.':
    '请确认登录账号是否仍能读取全部内容。若情况属实，请将该目录的 "maxShrink" 设为 100% 运行一次。',
});
