import type { Messages } from '../catalogue.ts';

/** Texts of legs: src/backup (sync, doctor), write-once protection. A function, so that only who needs Chinese pays for it. */
export const backupLegs = (): Messages => ({
  'the protection of what snapshot {} needs could not be extended at {}: {}':
    '快照 {} 所需对象在 {} 的保护期未能延长：{}',
  '{} objects at {} are not protected as long as configured: {}': '{2} 有 {1} 个对象的保护期短于配置：{3}',
  'examining {}': '正在检查 {}',
  'the places named are not legs of one repository': '所给位置不是同一个仓库的副本',
  'there is one leg only: what destroys it destroys every backup': '只有一个副本：它被毁，全部备份就没有了',
  'Add a second one elsewhere: "oaops backup sync --init".': '请在别处增加第二个副本："oaops backup sync --init"。',
  'the place answers': '位置可以访问',
  '{} objects of probes below {} may not be removed; they are small and harm nothing':
    '{2} 下有 {1} 个检测对象不能删除；它们很小，没有害处',
  'the {} folder {} cannot be written: {}': '{} 目录 {} 不能写入：{}',
  'Correct its owner and mode, or set OAOPS_STATE_DIR.': '请更正属主和权限，或设置 OAOPS_STATE_DIR。',
  'only {} are free for the spool in {}': '{2} 中只剩 {1} 可供暂存',
  'a backup may stop when it cannot hold a pack there': '放不下一个数据包时备份会停止',
  'Make room, or name another folder with --spool-dir.': '请腾出空间，或用 --spool-dir 指定另一个目录。',
  'the {} folder {} can be written': '{} 目录 {} 可以写入',
  'restore-v1.sh cannot be tried on this machine': '无法在本机试用 restore-v1.sh',
  'extended attributes and ACLs are not backed up': '扩展属性和 ACL 不会备份',
  'the program {} is not installed': '没有安装程序 {}',
  'Install the package {}.': '请安装软件包 {}。',
  'installed: {}': '已安装：{}',
  'the record could not be read, so past drills are not known': '运行记录无法读取，因此不知道以往的演练',
  'no restore was ever rehearsed': '从未演练过恢复',
  'nobody knows whether the backups can be restored, and how long that takes': '没有人知道备份能否恢复、需要多长时间',
  'Rehearse one with "oaops drill run restore-drill".': '请用 "oaops drill run restore-drill" 演练一次。',
  'the last drill of {} ended with "{}"': '{} 最近一次演练的结论是 "{}"',
  'the backups may not be restorable in the time that is asked for': '备份可能无法在要求的时间内恢复',
  'Run "oaops drill history" to see why.': '请运行 "oaops drill history" 查看原因。',
  'the last drill of {} is {} old': '{} 最近一次演练是在 {} 之前',
  'what broke since is not known': '此后出现的问题没有人知道',
  'Rehearse it again with "oaops drill run {}".': '请用 "oaops drill run {}" 再演练一次。',
  'the last drill of {} passed {} ago': '{} 最近一次演练在 {} 之前通过',
  'what is sent is compared with its sha256': '上传内容会与其 sha256 核对',
  'the server takes a body whose sha256 is not the one sent along': '服务器接受与所附 sha256 不符的内容',
  'bytes that change on the way are only found by the next verify': '传输中的改动要到下次校验才会发现',
  'Use https, and verify with --level full after the first backup.':
    '请使用 https，并在首次备份后用 --level full 校验。',
  'checksums by CRC32 are not taken ({}); oaops does not send them, other tools may':
    '不接受 CRC32 校验和（{}）；oaops 不发送，其他工具可能会',
  'the clock there and the one here differ by {}': '对方时钟与本机时钟相差 {}',
  'prune refuses to work, and a server of S3 refuses requests from 15 min on':
    '清理会拒绝执行；相差 15 min 以上时 S3 服务器拒绝请求',
  'Set the wrong one right (NTP).': '请校准有误的时钟（NTP）。',
  'the clocks there and here agree': '两边时钟一致',
  'nothing may be deleted with these rights: leases stay until they run out (15 min), and prune needs keys of its own':
    '以此权限不能删除任何对象：租约要等到期（15 min）才消失，清理需要专用密钥',
  'objects can be deleted with these rights': '以此权限可以删除对象',
  'write errors may show late, and links whose answer was lost are repeated; mount it "hard"':
    '写入错误可能延迟出现，应答丢失的硬链接操作会重复；请以 "hard" 方式挂载',
  'hard links and syncing of folders may be missing: a power cut can lose the last objects':
    '可能没有硬链接和目录同步：断电可能丢失最后的对象',
  'no hard links, no modes, no file above 4 GiB: two writers at one instant can both win, and everybody reads it':
    '没有硬链接、没有权限、文件不能超过 4 GiB：同时写入的两方可能都成功，而且谁都能读',
  'no hard links, no modes, no journal: two writers at one instant can both win, and everybody reads it':
    '没有硬链接、没有权限、没有日志：同时写入的两方可能都成功，而且谁都能读',
  'what it keeps after a power cut depends on the program behind it': '断电后能保留什么取决于其后台程序',
  'everything is gone with the next boot': '下次启动后全部消失',
  'in a container everything is gone with it': '在容器中会随容器一起消失',
  'the folder lies on {}': '目录位于 {} 上',
  'the folder lies on the file system of the machine itself: with its disk both are lost':
    '目录位于本机系统盘的文件系统上：磁盘损坏时两者一起丢失',
  'Mount another disk there, or keep a second leg elsewhere.': '请在此挂载另一块磁盘，或在别处保留第二个副本。',
  'only {} of {} are free': '{2} 中只剩 {1} 可用',
  'one of the next backups may fill it': '接下来的备份可能把它写满',
  'Make room, or prune.': '请腾出空间，或清理旧快照。',
  '{} of {} are free': '{2} 中有 {1} 可用',
  'only {} of {} inodes are free': '{2} 个 inode 中只剩 {1} 个可用',
  'no file can be made when there are none': 'inode 用完后无法新建文件',
  'files or folders cannot be synced ({})': '文件或目录无法同步到磁盘（{}）',
  'a power cut can lose objects that were counted as stored': '断电可能丢失已当作存好的对象',
  'there are no hard links ({})': '没有硬链接（{}）',
  'of two writers to one name at the same instant both may win': '同时写同一个名称的两方可能都成功',
  'Run prune on one machine only, when no backup runs.': '请只在一台机器上、没有备份运行时执行清理。',
  'files cannot be renamed ({})': '文件无法改名（{}）',
  'objects cannot be stored': '无法存储对象',
  'names that differ in case only are the same here; names of the repository do not, so nothing is lost':
    '这里不区分名称的大小写；仓库的名称不会只有大小写之别，因此没有损失',
  'syncing, hard links and renaming work': '同步、硬链接和改名都正常',
  'others may write to the folder (mode {})': '其他用户可以写入该目录（权限 {}）',
  'they can delete the backups': '他们可以删除备份',
  'others may look into the folder (mode {})': '其他用户可以查看该目录（权限 {}）',
  'Close it to others with "chmod 700 {}".': '请用 "chmod 700 {}" 禁止其他用户访问。',
  'this user may not write to the folder': '当前用户不能写入该目录',
  'no backup can be stored': '无法存储备份',
  'stored packs cannot be deleted or changed (chattr +a, +i)': '已存储的数据包不能删除或修改（chattr +a, +i）',
  'who may write to the folder may delete the backups': '能写入该目录的用户就能删除备份',
  'As root, "immutable: true" in the configuration of the leg protects what is stored.':
    '以 root 运行时，在副本的配置中写 "immutable: true" 可保护已存储的内容。',
  'a listing does not show what was stored before': '列表不显示之前存储的对象',
  'a listing still shows what was deleted before': '列表仍显示之前删除的对象',
  'a listing shows at once what was stored and deleted': '存储和删除立即反映在列表中',
  'two machines may not see the leases of each other, so that a prune can take away what a backup relies on':
    '两台机器可能看不到对方的租约，清理可能删掉备份所依赖的对象',
  'Use a place with strong consistency, or take caches and proxies out of the way.':
    '请使用强一致的存储，或去掉中间的缓存和代理。',
  'an object was stored in parts': '分段上传正常',
  'uploads in parts do not work ({}); oaops does not need them below 5 GiB':
    '分段上传不可用（{}）；5 GiB 以下 oaops 不需要它',
  'an object came back with other bytes than were stored': '读回的对象与存储的内容不同',
  'Do not use this place: find out what changes data there.': '请勿使用这个位置：请查明是什么改动了数据。',
  'a range of an object came back with other bytes than were stored': '读回的对象片段与存储的内容不同',
  'an object was stored, and read back whole and in part': '对象可以存储，并能整体和分段读回',
  'the server ignores ranges and always sends the whole object': '服务器忽略范围请求，总是发送整个对象',
  'one file costs as much reading as the whole pack of 64 MiB that it lies in':
    '读一个文件等于读它所在的整个 64 MiB 数据包',
  'objectLock is configured, and the bucket was not made with Object Lock':
    '配置了 objectLock，但创建存储桶时没有启用 Object Lock',
  'backups to this leg fail, or are stored without protection': '写到这个副本的备份会失败，或没有保护',
  'Make a new bucket with Object Lock switched on, and bring the backups there with "oaops backup sync --init".':
    '请新建启用 Object Lock 的存储桶，并用 "oaops backup sync --init" 把备份复制过去。',
  'objects are locked for {} d ({})': '对象锁定 {} 天（{}）',
  'the bucket locks every object for {} d ({}), also leases; it does not extend what later backups still need':
    '存储桶把每个对象锁定 {} 天（{}），包括租约；之后的备份仍需要的对象不会延长',
  'Take the default retention off the bucket and configure objectLock for this leg.':
    '请取消存储桶的默认保留期，并为这个副本配置 objectLock。',
  'the bucket knows Object Lock, and it is not used': '存储桶支持 Object Lock，但没有使用',
  'Configure objectLock for this leg: nobody can delete backups then.':
    '请为这个副本配置 objectLock：这样谁都不能删除备份。',
  'whether the bucket has Object Lock could not be asked': '无法查询存储桶是否有 Object Lock',
  'the bucket has no Object Lock: who has these keys, or others with more rights, can delete the backups':
    '存储桶没有 Object Lock：持有这些密钥或更高权限的人可以删除备份',
  'deleted objects are kept as versions until a rule removes them': '删除的对象作为旧版本保留，直到规则清除',
  'deleted objects are kept as versions, and no rule ever removes them: prune frees no space':
    '删除的对象作为旧版本保留，且没有规则清除它们：清理不会释放空间',
  'Add a lifecycle rule that removes noncurrent versions after some weeks.': '请添加生命周期规则，在几周后清除旧版本。',
  'a lifecycle rule deletes objects that begin with "{}" after {} d':
    '生命周期规则会在 {2} 天后删除以 "{1}" 开头的对象',
  'packs are used for as long as a file does not change: a rule that goes by age destroys backups':
    '只要文件不变，数据包就一直在用：按时间删除的规则会毁掉备份',
  'Remove the rule, or limit it to a prefix outside of the repository; "oaops backup prune" removes what is old.':
    '请删除该规则，或把它限制在仓库以外的前缀；旧内容由 "oaops backup prune" 清除。',
  'two machines that start at the same instant may both believe that they hold the only lease':
    '同时启动的两台机器可能都以为自己持有唯一的租约',
  'the server does not know conditional puts': '服务器不支持条件写入',
  'of two conditional puts to one name both won, in {} of {} rounds':
    '对同一名称的两次条件写入都成功了（{2} 轮中有 {1} 轮）',
  'of two puts to one name at the same instant one was refused': '同时写同一名称时，其中一方被拒绝',
  'there is no repository here yet': '这里还没有仓库',
  'Make one with "oaops backup init".': '请用 "oaops backup init" 创建。',
  'there is one recipient only': '只有一个接收者',
  'if its key is lost, every backup is lost': '丢失其私钥，就丢失全部备份',
  'Add a second one, sealed away, with "oaops backup key add".': '请用 "oaops backup key add" 增加第二个并封存。',
  'backups are encrypted for {} recipients': '备份为 {} 个接收者加密',
  'there is no snapshot yet': '还没有快照',
  'nothing can be restored': '没有可以恢复的内容',
  'Make one with "oaops backup create".': '请用 "oaops backup create" 创建。',
  'the newest snapshot is {} old, while one is made every {}': '最新快照是在 {} 之前，而平时每 {} 一次',
  'what changed since would be lost': '此后的改动会丢失',
  'Look at the log of the last backup, and at cron or the timer.': '请查看最近一次备份的日志，以及 cron 或定时器。',
  'the newest snapshot is {} old': '最新快照是在 {} 之前',
  'not every pack was ever read back by this machine': '本机没有读回核对过全部数据包',
  'damage of the storage is not noticed before a restore': '存储损坏要到恢复时才会发现',
  'Run "oaops backup verify --level sample" regularly, or --level full once.':
    '请定期运行 "oaops backup verify --level sample"，或运行一次 --level full。',
  'some packs were last read back {} ago': '部分数据包上次读回核对是在 {} 之前',
  'Run "oaops backup verify --level sample" regularly.': '请定期运行 "oaops backup verify --level sample"。',
  'every pack was read back in the last {}': '全部数据包在最近 {} 内读回核对过',
  '{} more probes': '另有 {} 项检测',
  'this machine': '本机',
  'what is lost': '损失',
  'chattr {} failed for {}: {}': 'chattr {} 对 {} 失败：{}',
  'It needs root, the package e2fsprogs, and a file system such as ext4, XFS or Btrfs; else take "immutable" out of the configuration.':
    '需要 root、软件包 e2fsprogs 以及 ext4、XFS、Btrfs 等文件系统；否则请从配置中去掉 "immutable"。',
  '{} still lacks {}: "oaops backup sync" copies them': '{} 仍缺{}："oaops backup sync" 会复制',
  'earlier snapshot': '较早的快照',
  'the legs could not be compared: {}': '无法比较各副本：{}',
  '{} at {} has other content and may not be replaced': '{2} 的 {1} 内容不同，且不能替换',
  'Wait until its protection ends, or remove it with rights that may do so.':
    '请等到保护期结束，或用有权限的账号删除。',
  '{} holds {} but no repository': '{} 中有 {}，但没有仓库',
  'Name an empty place, or copy "config" back from another leg when it was lost.':
    '请指定空的位置；如果 "config" 丢失，请从另一个副本复制回来。',
  '{} is not the same at {} and at {}': '{2} 和 {3} 的 {1} 不一致',
  '{} and {} at {} do not agree': '{3} 的 {1} 与 {2} 不一致',
  'would get {}': '将得到 {}',
  'got {}': '得到 {}',
  'still lacks {}': '仍缺 {}',
  'has everything': '内容齐全',
  '{} at {} is damaged and write-protected: it cannot be replaced': '{2} 的 {1} 已损坏且受写保护：不能替换',
  '{} is not copied from: {}': '不从 {} 复制：{}',
  'no leg can give {}: snapshots that need it are not copied': '没有副本能提供 {}：需要它的快照不会复制',
  'the copying': '复制',
  'Run it again: what was copied stays, and is not copied twice.': '请再次运行：已复制的内容会保留，不会重复复制。',
  'there is only one leg: nothing to copy from or to': '只有一个副本：没有可复制的来源或去处',
  'Give --repo once for each leg, or the name of a repository that has several.':
    '请为每个副本各给一次 --repo，或给出有多个副本的仓库名。',
  '"{}" is no leg of this repository': '"{}" 不是这个仓库的副本',
  'The legs are {}.': '副本有：{}。',
  'a leg cannot be copied to itself': '副本不能复制到自身',
  'Name two legs.': '请给出两个副本。',
  '{} has no repository yet': '{} 还没有仓库',
  'Run it without --dry-run: it gets one, and everything that the other legs hold.':
    '请不带 --dry-run 运行：会在那里建立仓库，并复制其他副本的全部内容。',
  'sync {}': '同步 {}',
  'compliance cannot be taken back, not even by the owner of the account': 'compliance 无法撤销，账号所有者也不行',
  'Add "confirmCompliance: true" if that is meant.': '如果确实如此，请加上 "confirmCompliance: true"。',
  '{} bytes came back instead of {}, or others': '应读回 {2} 字节，实际 {1} 字节，或内容不同',
  'look at the retention of {}': '查看 {} 的保留期',
  'extend the retention of {}': '延长 {} 的保留期',
});
