/**
 * 错误信息（简体中文），以错误码为键。`{name}` 取自错误的 details;缺少所需的值时退回英文原文,
 * 以免丢失事实。`next` 缺省时沿用英文的下一步。
 */
export const errorsZhCn: Readonly<Record<string, { message: string; next?: string }>> = {
  usage: { message: '命令行有误：{message}', next: '加上 --help 可查看参数和选项。' },
  unexpected: { message: '意外错误：{message}', next: '这是 oaops 的缺陷。请加上 --debug 再运行一次，并反馈其输出。' },
  'system-error': { message: '系统错误：{message}' },
  'command-missing': { message: '没有给出命令', next: '运行 "oaops --help" 查看命令。' },
  'command-unknown': { message: '没有命令 "{command}"' },
  'no-terminal': { message: '此处需要人工回答，但没有终端' },
};
