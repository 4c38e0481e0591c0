/**
 * What frames a message that is not ours (the system's, a parser's) in Chinese, by the code of the error. Messages of
 * oaops need no frame: they stand in `zh-cn/`.
 */
export const errorsZhCn: Readonly<Record<string, string>> = {
  usage: '命令行有误：{message}',
  unexpected: '意外错误：{message}',
  'packages-missing': '安装不完整：{message}',
  'system-error': '系统错误：{message}',
  'config-invalid': '配置无效：{message}',
  'inputs-invalid': '输入项无效：{message}',
  'inputs-file-invalid': '输入文件无效：{message}',
  'expression-failed': '表达式出错：{message}',
  'anchor-damaged': '审计锚点已损坏：{message}',
};
