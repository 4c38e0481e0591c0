import type { Messages } from '../catalogue.ts';

/** Help of the commands about legs: backup sync, legs and doctor. */
export const helpLegs = (): Messages => ({
  'Bring the legs of a repository to the same state': '使仓库的各副本内容一致',
  'Copies to each leg the snapshots that another leg has, newest first, without a private key. Every object is compared with its sha256 on the way; what is damaged is never copied, and comes from another leg. A snapshot that prune removed from a leg is not copied back there. It can be ended at any time and goes on when run again. With --init, a leg that has no repository yet gets one: this is how a leg is added.':
    '把其他副本有的快照复制到每个副本，最新的在前，不需要私钥。途中每个对象都与其 sha256 核对；损坏的不会复制，改从另一个副本取得。清理从某个副本删除的快照不会再复制回去。可以随时终止，再次运行时接着做。加上 --init 时，还没有仓库的副本会建立仓库：增加副本就用这个办法。',
  'copy from this leg only': '只从这个副本复制',
  'copy to this leg only': '只复制到这个副本',
  'make the repository on legs that have none yet': '在还没有仓库的副本上建立仓库',
  'only say what would be copied': '只说明会复制什么',
  'folder for objects on their way': '传输中对象的暂存目录',
  'Show how each leg of a repository stands': '显示仓库各副本的状态',
  'For each leg: its newest snapshot and the age of it, snapshots that another leg has and this one lacks, and what is stored. Only names are listed; no private key is needed. Exits with 3 when a leg cannot be reached or lacks a snapshot.':
    '对每个副本显示：最新快照及其时间、其他副本有而它没有的快照、存储量。只列出名称，不需要私钥。有副本无法访问或缺少快照时退出码为 3。',
  'exit with 3 also when the newest snapshot of a leg is older, such as 26h':
    '副本的最新快照早于此时间时退出码也为 3，例如 26h',
  'Try on each leg what backups rely on, and say what is lost where it is missing':
    '在每个副本上试验备份所依赖的功能，缺少时说明损失什么',
  'Stores, reads, lists and deletes small objects of its own on each leg, two at once under one name, and asks for versions, Object Lock and rules that delete; looks at the file system, the free room and the rights of a folder, at clocks, recipients, the age of snapshots, past verifications and drills, and at this machine. Its objects are removed again, and nothing of a repository is touched. Exits with 3 when something is lost, with 1 when a leg does not work.':
    '在每个副本上存储、读取、列出、删除自己的小对象，同时用一个名称写两个，并查询版本、Object Lock 和自动删除规则；检查目录的文件系统、剩余空间和权限，时钟、接收者、快照时间、以往的校验和演练，以及本机。自己的对象随后删除，不触动仓库的任何内容。有损失时退出码为 3，副本不能用时为 1。',
});
