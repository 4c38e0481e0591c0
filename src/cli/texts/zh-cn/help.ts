import type { Messages } from '../catalogue.ts';
import { helpAccountPerson } from './help-account-person.ts';
import { helpAccountShow } from './help-account-show.ts';
import { helpAccounts } from './help-accounts.ts';
import { helpBrowse } from './help-browse.ts';
import { helpCalendar } from './help-calendar.ts';
import { helpDrills } from './help-drills.ts';
import { helpHosts } from './help-hosts.ts';
import { helpInspect } from './help-inspect.ts';
import { helpLegs } from './help-legs.ts';
import { helpPatch } from './help-patch.ts';
import { helpProcedures } from './help-procedures.ts';
import { helpPrune } from './help-prune.ts';
import { helpRestore } from './help-restore.ts';
import { helpReview } from './help-review.ts';
import { helpSchedules } from './help-schedules.ts';
import { helpSources } from './help-sources.ts';

/** Help: topics, summaries, descriptions, flags and arguments of the commands. */
export const helpZhCn = (): Messages => ({
  ...helpAccounts(),
  ...helpAccountShow(),
  ...helpBrowse(),
  ...helpDrills(),
  ...helpHosts(),
  ...helpLegs(),
  ...helpCalendar(),
  ...helpInspect(),
  ...helpProcedures(),
  ...helpAccountPerson(),
  ...helpPatch(),
  ...helpReview(),
  ...helpPrune(),
  ...helpRestore(),
  ...helpSchedules(),
  ...helpSources(),
  "Operations toolkit for the people who keep a company's office-automation (OA) system alive: backups, restore drills, and procedures as versioned runbooks":
    '面向公司办公自动化（OA）系统运维人员的工具：备份、恢复演练，以及以版本化运行手册执行的各项规程',
  'Create, list, verify and restore backups': '创建、列出、校验和恢复备份',
  'Show and check the configuration': '查看和检查配置',
  'Rehearse a restore, and show what past drills proved': '演练恢复，并查看以往演练的结论',
  'Verify the audit log and its anchors': '校验审计日志及其锚点',
  'Verify the evidence bundle of a run': '校验一次运行的证据包',
  'List locks, and break one that nobody holds any more': '列出锁，强行解除无人持有的锁',
  'Export, prune, back up and restore the record': '导出、清理、备份和恢复状态库',
  'List, read, write, validate and plan runbooks': '列出、查看、编写、检查运行手册并生成计划',
  'List, show, resume, abort and undo runs; export their evidence': '列出、查看、继续、中止、撤销运行，并导出其证据',
  'Approve, or reject, a step that waits for a second person': '审批或驳回等待另一人审批的步骤',
  'Signs plan digest, run, step and expiry with an SSH key of the allowed-signers file. Whoever asked for the run cannot approve it.\nThe key is that of --key, or signing.key of the configuration; a .pub file stands for a key in your agent.':
    '用允许的签名者文件中的 SSH 密钥，对计划摘要、运行、步骤和有效期签名。运行的申请人不能自己审批。\n密钥取自 --key，或配置中的 signing.key；.pub 文件代表密钥代理中的密钥。',
  'id of the run, the beginning of one, name of its runbook (its newest run), or latest':
    '运行编号、编号的开头、运行手册的名称（取其最新一次运行），或 latest',
  'the step that waits': '等待中的步骤',
  'SSH key to sign with': '用于签名的 SSH 密钥',
  'how long the approval holds': '审批的有效时长',
  'say no: the run ends refused': '驳回：运行以“被拒绝”结束',
  'why it is rejected': '驳回的原因',
  'Take an anchor of the audit log: the present end of the chain, signed when there is a key':
    '为审计日志取锚点：审计链当前的末端，有密钥时带签名',
  'Keep anchors where nobody who can write the record can write: another machine, write-once storage, a log collector.':
    '请把锚点保存在能写状态库的人写不到的地方：另一台机器、一次性写入的存储、日志收集器。',
  'append it to this file; may be repeated': '追加到此文件；可重复给出',
  'SSH key that signs it; default: signing.key of the configuration': '用于签名的 SSH 密钥；默认为配置中的 signing.key',
  'Write the audit log as lines of JSON to standard output': '将审计日志以 JSON 行写到标准输出',
  'One row a line, with the hashes that chain them; for log collectors and auditors.':
    '每行一条，带有相互链接的哈希；供日志收集器和审计人员使用。',
  'first row': '起始行',
  'last row; default: the end': '末行；默认到结尾',
  'List rows of the audit log, the latest last': '列出审计日志的行，最新的在最后',
  'first row; default: as many from the end as --limit says': '起始行；默认从末尾往前取 --limit 行',
  'at most so many rows': '最多行数',
  'only this action, such as run.status': '只列此操作，例如 run.status',
  'only this subject, such as the id of a run': '只列此对象，例如某次运行的编号',
  'Check the audit chain and everything it describes': '检查审计链及其描述的一切',
  'Walks every row of the hash chain and compares runs, plans, journals, inputs and facts with it. Only an anchor kept elsewhere\ncan show that the chain was rewritten as a whole or cut off at its end. Every backup leaves one on each of its legs; a repository that is\nnamed must vouch for the chain.':
    '逐行核对哈希链，并将运行、计划、执行日志、输入和事实与之比对。只有另行保存的锚点\n才能发现整条链被改写或末尾被截断。每次备份都会在各个副本上留下锚点；\n指定了仓库时，它必须能为审计链作证。',
  'file of anchors, evidence bundle, or repository with anchors that backups left there; may be repeated':
    '锚点文件、证据包，或备份留有锚点的仓库；可重复给出',
  'only anchors signed by these people count': '只计入由这些人签名的锚点',
  'exit 9 when no anchor vouches for the chain': '没有锚点为审计链作证时以 9 退出',
  'Print a completion script for bash, zsh or fish': '打印 bash、zsh 或 fish 的补全脚本',
  'Completes topics, commands, flags, their values and the names of runbooks. Without SHELL the one of $SHELL is taken.':
    '可补全主题、命令、选项及其取值、运行手册的名称。不给出 SHELL 时取 $SHELL。',
  'bash, for all users': 'bash，供所有用户使用',
  'zsh, into a folder of $fpath': 'zsh，放入 $fpath 的某个文件夹',
  fish: 'fish',
  'bash, zsh or fish': 'bash、zsh 或 fish',
  'Back up files and folders': '备份文件和目录',
  'Only what changed since the last backup of the same paths is read and stored. With --json, the messages of restic: status, error, summary, exit_error. The identity is only needed when the local cache was lost.':
    '只读取并存储相同路径自上次备份以来的变化。加上 --json 时输出 restic 的消息：status、error、summary、exit_error。只有本地缓存丢失时才需要私钥。',
  'files and folders to back up': '要备份的文件和目录',
  'repository, once for each leg; also OAOPS_REPO': '备份仓库，每个副本给出一次；也可用 OAOPS_REPO',
  'private age key; also OAOPS_IDENTITY_FILE': 'age 私钥；也可用 OAOPS_IDENTITY_FILE',
  'leave out what matches, such as *.tmp or /srv/*/cache': '排除符合的内容，例如 *.tmp 或 /srv/*/cache',
  'leave out folders that hold this file': '排除含有此文件的目录',
  'leave out folders with a CACHEDIR.TAG': '排除含有 CACHEDIR.TAG 的目录',
  'do not go into other file systems': '不进入其他文件系统',
  'read every file again, also those that look unchanged': '重新读取每个文件，包括看起来没有变化的',
  'label of the snapshot': '快照的标签',
  'host name of the snapshot; default: that of this machine': '快照的主机名；默认为本机的主机名',
  'folder for packs that are not stored yet': '尚未存储的数据包的暂存目录',
  'zstd level': 'zstd 级别',
  'Make a backup repository on one or more legs': '在一个或多个副本上创建备份仓库',
  'A leg is a folder or s3://bucket/prefix; all legs hold the same bytes. Backups are encrypted with age for the recipients given: this machine needs no private key to make them. Without a flag, a repository of the configuration takes the recipients stated there. Give two recipients, one for operations and one that is sealed away: a lost key is a lost backup.':
    '副本是目录或 s3://bucket/prefix；所有副本的内容逐字节相同。备份用 age 为给出的接收者加密：本机不需要私钥即可备份。不给选项时，配置中的仓库采用那里写明的接收者。请给出两个接收者，一个用于日常运维，一个封存保管：丢失密钥就等于丢失备份。',
  'folder or s3://bucket/prefix; also OAOPS_REPO': '目录或 s3://bucket/prefix；也可用 OAOPS_REPO',
  'age public key; may be repeated': 'age 公钥；可重复给出',
  'file with one age public key a line': '每行一个 age 公钥的文件',
  'store everything in clear': '全部以明文存储',
  'Trust the present recipients of a repository on this machine': '在本机信任仓库当前的接收者',
  'Each machine remembers the recipients of a repository from its first backup there, and refuses to back up when they change: whoever can write to the storage could add himself. After a change made elsewhere, look at them with "backup key list", then accept them here.':
    '每台机器都记住首次备份时仓库的接收者，一旦变化就拒绝备份：能写入存储的人可能把自己加进去。在别处修改之后，请先用 "backup key list" 查看，再在这里接受。',
  'Add a recipient who can read backups made from now on': '添加接收者，今后的备份他都能读取',
  'Backups that are stored already are not encrypted again: the new key does not open them. Name every leg of the repository.':
    '已存储的备份不会重新加密：新密钥打不开它们。请给出仓库的所有副本。',
  'age public key': 'age 公钥',
  'Make a new key pair for backups': '为备份生成新的密钥对',
  'Writes the private key (identity) to a new file with mode 0600, as age-keygen does, and prints the public key (recipient). Keep the file away from the machine that is backed up.':
    '像 age-keygen 一样，把私钥写入模式为 0600 的新文件，并打印公钥（接收者）。请让该文件远离被备份的机器。',
  'new file for the private key': '存放私钥的新文件',
  'List who can read new backups of a repository': '列出谁能读取仓库的新备份',
  'repository; also OAOPS_REPO': '备份仓库；也可用 OAOPS_REPO',
  'Remove a recipient: backups made from now on are not for it': '移除接收者：今后的备份不再为他加密',
  'Backups that are stored already can still be read with the removed key. Name every leg of the repository.':
    '已存储的备份仍可用被移除的密钥读取。请给出仓库的所有副本。',
  'Prove that the private keys at hand open the backups': '证明手头的私钥能打开备份',
  'Each key decrypts a probe for its recipient and the newest snapshot. Exit 3 when a recipient has no proof, 12 when a key belongs to no recipient.':
    '每个密钥都要解密为其接收者准备的探测数据和最新的快照。有接收者未得到证明时以 3 退出，有密钥不属于任何接收者时以 12 退出。',
  'List the snapshots of a repository': '列出仓库中的快照',
  'Needs no private key. The newest snapshot comes last. With several legs, all of them are looked at, and snapshots that one lacks are named on stderr. An id begins with the time of the snapshot in UTC.':
    '不需要私钥。最新的快照在最后。给出多个副本时会逐一查看，某个副本缺少的快照在标准错误输出中列出。编号以快照的 UTC 时间开头。',
  'only snapshots of this host': '只列此主机的快照',
  'only snapshots with this label': '只列带此标签的快照',
  'List the files of a snapshot': '列出快照中的文件',
  'Without a path, everything in it. Needs the private key of an encrypted repository. With --json, one JSON object a line, with the field names of restic. Parts of the list that no leg has are named on stderr (exit 3).':
    '不给路径时列出全部内容。加密仓库需要私钥。加上 --json 时每行一个 JSON 对象，字段名与 restic 相同。任何副本都没有的部分会在标准错误中说明（退出码 3）。',
  'id, part of one, or latest': '编号、编号的一部分，或 latest',
  'only this file or folder': '仅此文件或目录',
  'also mode, owner, size and time': '同时列出模式、属主、大小和时间',
  'only what matches': '只恢复符合的内容',
  'not what matches': '不恢复符合的内容',
  'owners by number, by name, or not at all; default numbers as root, none otherwise':
    '属主按编号、按名称恢复，或不恢复；以 root 运行时默认按编号，否则不恢复',
  'take no lease, and read on while a prune works': '不取租约，清理进行时也继续读取',
  'Check that a repository holds what its snapshots need': '检查仓库是否具备其快照所需的一切',
  'Checks each leg of a repository of the configuration. structure: every object is there in its size. sample: also reads a tenth of the packs, each time others. full: reads everything. spot: reads a share of the files of the newest snapshot from the leg and from this machine and compares them; what was written to since the backup counts as changed. With the private key every content is compared with the manifests; without, stored bytes are compared with their names.':
    '检查配置中仓库的每个副本。structure：每个对象都在且大小正确。sample：另外读取十分之一的数据包，每次不同。full：读取全部。spot：从副本和本机读取最新快照中一部分文件并比对；备份之后写过的文件视为已修改。有私钥时将每项内容与清单比对；没有时将存储的字节与名称比对。',
  'how much is read': '读取多少',
  'packs that sample reads, or files that spot compares, in percent':
    'sample 读取的数据包比例，或 spot 比对的文件比例（百分比）',
  'choose the same files as an earlier spot': '选取与之前某次 spot 相同的文件',
  'only this snapshot': '只检查此快照',
  'Print the JSON Schema of the configuration file': '打印配置文件的 JSON Schema',
  'JSON Schema draft-07, as editors read it (yaml-language-server and others).':
    'JSON Schema draft-07，供编辑器使用（yaml-language-server 等）。',
  'Show the settings that hold': '查看生效的设置',
  'Merges the configuration files and the environment. Secrets are shown as the references they are.':
    '合并配置文件和环境变量。密钥只显示其引用。',
  'show which file and line, or variable, each setting comes from': '显示每项设置来自哪个文件的哪一行，或哪个变量',
  'Check the configuration files': '检查配置文件',
  'Reports everything that is wrong as FILE:LINE:COL SEVERITY RULE MESSAGE. Without --config the system and user files are checked, and the file that "accounts" in them names.':
    '以“文件:行:列 严重程度 规则 说明”的形式报告所有问题。没有 --config 时检查系统和用户的配置文件，以及其中 "accounts" 指定的文件。',
  'only the drills of this runbook': '只列此运行手册的演练',
  'how many': '数量',
  'Rehearse a restore and judge it against its objectives': '演练恢复，并按目标作出结论',
  'Runs a runbook of kind RestoreDrill. Exit 0: pass. 3: partial, the data is right but an objective was missed. 9: fail. With --sabotage the drill must fail; the repository itself is not touched.':
    '运行 RestoreDrill 类型的运行手册。退出码 0：通过；3：部分达成，数据正确但未达到某个目标；9：未通过。加上 --sabotage 时演练必须失败；仓库本身不受影响。',
  'name of a runbook, or a file': '运行手册的名称，或文件',
  'a value for an input': '输入项的值',
  'make it go wrong on purpose': '人为使演练出错',
  'Check an evidence bundle; needs nothing but the file': '检查证据包；只需要该文件',
  'Exit 9 when any byte was changed, a member is missing, the journal does not fit the audit chain, or, with --allowed-signers, the signature is not of one of these people.':
    '任何字节被改动、成员缺失、执行日志与审计链不符，或给出 --allowed-signers 而签名不属于其中的人时，以 9 退出。',
  'bundle of runs evidence': 'runs evidence 生成的证据包',
  'who may have signed it, as in ssh-keygen(1)': '谁可以签名，格式见 ssh-keygen(1)',
  'Take a lock from an owner that is gone': '强行解除持有者已不存在的锁',
  'A lock of this machine whose process has ended needs no breaking: the next command takes it over. Break only what another machine\nholds and cannot give back. The old owner can store nothing more, even if it still lives.':
    '本机进程结束后留下的锁无需解除：下一条命令会接管它。只解除另一台机器持有而无法归还的锁。\n原持有者即使还在，也无法再写入任何内容。',
  'name of the lock, as lock list shows it': '锁的名称，见 lock list',
  'the name again, to show that it is meant': '再写一次名称，表示确实如此',
  'List locks: who holds what, since when, and whether that process still lives':
    '列出锁：谁持有什么、从何时起、进程是否还在',
  'Copy the record to a file while others go on working': '在其他人继续工作时，将状态库复制到文件',
  'SQLite: a database file made by the online backup. PostgreSQL: lines of JSON, as record export writes them; pg_dump does as well.':
    'SQLite：由在线备份生成的数据库文件。PostgreSQL：JSON 行，与 record export 相同；也可使用 pg_dump。',
  'file to make': '要生成的文件',
  'file to make, - for standard output': '要生成的文件；- 表示标准输出',
  'Write the whole record as lines of JSON': '将整个状态库写成 JSON 行',
  'The same lines from SQLite and from PostgreSQL: record restore puts them into either, which moves a record from one to the other.':
    'SQLite 和 PostgreSQL 导出的行相同：record restore 可写入任意一种，从而在两者之间迁移状态库。',
  'Remove finished runs that ended before a date, and archive old parts of the audit log':
    '清理某日期之前结束的运行，并归档审计日志的旧部分',
  'Open runs stay. The audit log keeps the ids of what was removed. Export the evidence of runs that must be provable later first.':
    '未结束的运行保留。审计日志保留被清理内容的编号。日后需要举证的运行，请先导出证据。',
  'ISO date or time': 'ISO 日期或时间',
  'move sealed audit segments older than that into files of this folder': '将更早的已封存审计段移到此文件夹的文件中',
  'only say what would be removed': '只说明将清理什么',
  'Put a copy of the record back': '恢复状态库的副本',
  'Verifies the audit chain of the copy afterwards. A record that holds anything is replaced only with --confirm record; on SQLite the old file is kept beside the new one.':
    '恢复后校验副本的审计链。已有内容的状态库只有加上 --confirm record 才会被替换；使用 SQLite 时，原文件保留在新文件旁边。',
  'file of record backup or record export': 'record backup 或 record export 生成的文件',
  'replace what the record holds now': '替换状态库现有的内容',
  'Run a runbook': '运行一个运行手册',
  'Plans, then does what the plan says, journalled step by step. In a terminal the plan is shown and confirmed before anything changes.\nDestructive steps without an approval step before them need --confirm NAME. With --json the events are printed, one a line.':
    '先制定计划，再按计划执行，并逐步记入执行日志。在终端中，改动之前先显示计划并请求确认。\n前面没有审批步骤的破坏性步骤需要 --confirm NAME。加上 --json 时逐行打印事件。',
  'name of a runbook, or a file; not needed with --plan': '运行手册的名称，或文件；给出 --plan 时不需要',
  'YAML or JSON file with values for inputs': '含有输入项取值的 YAML 或 JSON 文件',
  'run this plan, if nothing has changed since it was made': '如果此后没有变化，就执行这个计划',
  'only these targets: names, group:NAME, patterns, !NAME': '只限这些目标：名称、group:NAME、通配模式、!NAME',
  'print the plan and do nothing': '只打印计划，不执行',
  'do not ask before changes': '改动之前不询问',
  'the name of the runbook, when it has destructive steps': '含有破坏性步骤时，给出运行手册的名称',
  'List the runbooks that can be run by name': '列出可按名称运行的运行手册',
  'Looks into the folders of OAOPS_RUNBOOK_PATH, then of runbooks in the configuration, then at the shipped ones. The first runbook of a name is used; a site shadows a shipped one by giving its own the same name.':
    '依次在 OAOPS_RUNBOOK_PATH 的文件夹、配置的 runbooks 文件夹、随附的运行手册中查找。同名时采用最先找到的；站点可用同名的运行手册覆盖随附的。',
  'only runbooks of this kind': '只列此类型的运行手册',
  'only runbooks that count for this handbook procedure': '只列计入此规程的运行手册',
  'also those that are shadowed by one of the same name': '同时列出被同名者覆盖的',
  'Start a runbook from the template of its kind': '从所属类型的模板新建运行手册',
  'In a terminal it asks for what no flag tells; elsewhere the title is made of the name and the owner is the login name. The file is valid as it is written.':
    '在终端中会询问选项没有给出的内容；否则标题由名称生成，负责团队取登录名。写出的文件即是有效的。',
  'kind of runbook; see "oaops runbook schema"': '运行手册的类型；见 "oaops runbook schema"',
  'name: lower-case letters, digits and hyphens': '名称：小写字母、数字和连字符',
  'title in English': '英文标题',
  'title in Chinese': '中文标题',
  'team or person who answers for it': '负责的团队或人员',
  'folder to write to': '写入的文件夹',
  'overwrite an existing file': '覆盖已有的文件',
  'Show what a run would do': '显示运行将做什么',
  'Resolves steps, targets, effects and values, and gives the digest of the plan. A plan written with --out can be looked at, signed, and run with "oaops run --plan FILE"; that is refused when the runbook, the inputs or the inventory have changed since.':
    '解析步骤、目标、影响和取值，并给出计划的摘要。用 --out 写出的计划可以审阅、签名，再用 "oaops run --plan FILE" 执行；运行手册、输入项或主机清单有变化时会被拒绝。',
  'write the plan to this file': '将计划写入此文件',
  'sign the plan with this SSH key; its owner counts as the requester': '用此 SSH 密钥为计划签名；密钥的主人即为申请人',
  'Print the JSON Schema of a kind of runbook': '打印某类运行手册的 JSON Schema',
  'JSON Schema draft-07, as editors read it. Without KIND the kinds are listed with the schema files that come with oaops.':
    'JSON Schema draft-07，供编辑器使用。不给出 KIND 时列出各类型及随附的 schema 文件。',
  'kind of runbook': '运行手册的类型',
  'Show what a runbook is for, what it asks and what it does': '查看运行手册的用途、输入项和步骤',
  'print the YAML text as it is': '原样打印 YAML 文本',
  'Check runbooks and tell line and column of every finding': '检查运行手册，指出每个问题的行和列',
  'Reports all findings as FILE:LINE:COL SEVERITY RULE MESSAGE. Needs no network and no configuration. Without PATH the folder runbooks is checked. Folders are searched at any depth for .yaml and .yml files; those that are no runbooks of oaops (inventories, Kubernetes manifests) are skipped and named. A file that is named itself is always checked.':
    '以 文件:行:列 级别 规则 信息 的格式报告所有问题。不需要网络和配置。不给出 PATH 时检查 runbooks 文件夹。文件夹中各层的 .yaml 和 .yml 文件都会检查；不是 oaops 运行手册的（主机清单、Kubernetes 清单）会跳过并列出。直接给出的文件一定会检查。',
  'files, folders, globs, or - for standard input': '文件、文件夹、通配符，或用 - 表示标准输入',
  'how findings are printed': '问题的输出格式',
  'lowest severity that ends with exit code 1': '达到此级别即以 1 退出',
  'a runbook that differs from the one in this folder or git revision needs a higher version':
    '与此文件夹或 git 版本中的不同时，运行手册必须有更高的版本',
  'End a run for good': '彻底结束一次运行',
  'A run that is under way, here or on another machine, stops at its next checkpoint. Nothing is taken back: see "oaops runs undo".':
    '正在本机或另一台机器上执行的运行会在下一个检查点停止。不会撤销任何操作：见 "oaops runs undo"。',
  'why, for the journal': '原因，记入执行日志',
  'Answer a step that waits for a person': '回答等待人工的步骤',
  'the answer: yes or no, a text, a number, one of the choices': '回答：yes 或 no、文本、数字，或选项之一',
  'evidence; a copy is kept with the run': '证据文件；副本与运行一起保存',
  'a remark for the journal': '备注，记入执行日志',
  'which unit, when several wait': '有几个单元在等待时，指定哪一个',
  'Export the evidence of a run as one file that anybody can check': '将一次运行的证据导出为任何人都能检查的一个文件',
  'Runbook, plan, journal, outputs, approvals and the part of the audit chain that covers the run; signed when a key is configured. Check it with evidence verify.':
    '运行手册、计划、执行日志、输出、审批，以及涉及该运行的审计链片段；配置了密钥时带签名。用 evidence verify 检查。',
  'List runs, the latest first': '列出运行，最新的在前',
  'only runs of this runbook': '只列此运行手册的运行',
  'only runs that count for this procedure': '只列计入此规程的运行',
  'only runs with this status': '只列处于此状态的运行',
  'only runs asked for since then, an ISO date or time': '只列此后发起的运行，ISO 日期或时间',
  'at most so many': '最多数量',
  'Go on with a run that waits, was stopped, was killed, or failed': '继续等待中、被停止、被杀死或失败的运行',
  'Uses the stored plan, whatever has become of the files. What is done is not done again; what failed is tried again.\nA unit whose fate nobody knows after a crash is settled with --unit STEP/UNIT --as done, failed or retry.':
    '使用已存储的计划，无论文件后来如何变化。已完成的不再重做，失败的重新尝试。\n崩溃后结果未知的单元，用 --unit STEP/UNIT --as done、failed 或 retry 认定。',
  'the unknown unit that --as is about': '--as 所指的、结果未知的单元',
  'what became of it': '它的实际结果',
  'Show a run: its steps, what they wait for, what people said': '查看一次运行：各步骤、在等什么、人员的回答',
  'Take back what a run did': '撤销一次运行所做的操作',
  'Runs the undo of each step that was done, last first, by the stored plan. Exit code 5 when everything is taken back, 3 when something remains in place.':
    '按已存储的计划，从后往前对每个已完成的步骤执行其撤销。全部撤销时退出码为 5，仍有未撤销的为 3。',
  'target: only what failed or --target names; all: everything': 'target：只限失败的或 --target 指定的；all：全部',
  'only on this target': '只限此目标',
  'print JSON for scripts': '打印供脚本使用的 JSON',
  'print nothing on success (for cron mail)': '成功时不打印任何内容（用于 cron 邮件）',
  'print more': '打印更多内容',
  'print stack traces': '打印调用栈',
  'colours in the terminal': '在终端中使用颜色',
  'configuration file (also OAOPS_CONFIG)': '配置文件（也可用 OAOPS_CONFIG）',
  'language of texts: en, zh-CN (also OAOPS_LANG)': '文字的语言：en、zh-CN（也可用 OAOPS_LANG）',
  'Keys of a repository: who can read its backups': '仓库的密钥：谁能读取其备份',
});

/** Headings of the sections of a help page. */
export const sectionsZhCn: Readonly<Record<string, string>> = {
  USAGE: '用法',
  ARGUMENTS: '参数',
  FLAGS: '选项',
  'GLOBAL FLAGS': '通用选项',
  DESCRIPTION: '说明',
  EXAMPLES: '示例',
  TOPICS: '主题',
  COMMANDS: '命令',
  VERSION: '版本',
};
