import type { Messages } from '../catalogue.ts';

/** Texts of taking over a gossfile: src/inspect/goss. */
export const checksGoss = (): Messages => ({
  '{}: it is not understood, and left out': '{}：无法理解，已略去',
  '{}: tests of this kind cannot be made here, and are left out': '{}：此处不能做这类测试，已略去',
  'it is skipped in the gossfile, and left out': '在 gossfile 中被跳过，已略去',
  'the gossfile cannot be taken over: {}': '无法导入该 gossfile：{}',
  'nothing in it can be taken over': '其中没有可导入的内容',
  'it is longer than {} characters': '超过 {} 个字符',
  'it is a template': '它是模板',
  'Render it first: goss --vars VARS render > rendered.yaml': '请先渲染：goss --vars VARS render > rendered.yaml',
  'it holds no tests': '其中没有测试',
  'it holds ${{, which is an expression in a runbook, and is left out': '含有 ${{，在运行手册中是表达式，已略去',
  'the check {} does not take it, so it is left out: {}: {}': '检查 {} 不接受，已略去：{}：{}',
  'Give a gossfile in YAML or JSON.': '请给出 YAML 或 JSON 格式的 gossfile。',
  'Made from a gossfile. Without targets, this machine is looked at; write "targets" in a section for hosts of the inventory.':
    '由 gossfile 生成。没有 targets 时检查本机；在分节中写 "targets" 可检查清单中的主机。',
  '"{}" is left out': '“{}”已略去',
  '"{}" has a value that is not understood, and is left out': '“{}”的值无法理解，已略去',
  'the pattern {} is left out': '模式 {} 已略去',
  'it says nothing about "running"; here the service must run': '未提及“running”；此处服务必须运行',
  'here the service must exist, even if it does not run': '此处服务必须存在，即使不运行',
  'the type {} is left out': '类型 {} 已略去',
  'the pattern /{}/ is left out': '模式 /{}/ 已略去',
  'a port that is not understood is left out': '无法理解的端口已略去',
  'here IPv4 and IPv6 are not told apart': '此处不区分 IPv4 与 IPv6',
  'that something is not mounted cannot be checked here, and is left out': '此处不能检查“未挂载”，已略去',
  'here it is asked from the machine that runs oaops, not from the host': '此处从运行 oaops 的机器发起，而非从主机',
  'here name servers are asked from the machine that runs oaops, and /etc/hosts is not read':
    '此处从运行 oaops 的机器查询名称服务器，不读取 /etc/hosts',
  'records of the type {} cannot be checked here, and are left out': '此处不能检查 {} 类型的记录，已略去',
  '"allow-insecure" is left out: give the authority of the certificate as caFile':
    '“allow-insecure”已略去：请以 caFile 给出证书颁发机构',
  '"{}" is left out: write basicAuth with a reference to a secret': '“{}”已略去：请写 basicAuth 并引用机密',
  'a header that is not understood is left out': '无法理解的标头已略去',
  'the header {} is left out: write it with a reference to a secret': '标头 {} 已略去：请改为引用机密',
  'only addresses of TCP can be checked here; it is left out': '此处只能检查 TCP 地址；已略去',
});
