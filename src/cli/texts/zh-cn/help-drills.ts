import type { Messages } from '../catalogue.ts';

/** Help of the drill commands beside run. */
export const helpDrills = (): Messages => ({
  'Show what drills have found, newest first, and how they go over time': '查看演练结论（最新的在前）及其变化趋势',
  'Below the table, for each runbook: verdicts (+ pass, ~ partial, x fail), RTO and RPO from the oldest to the newest. Sabotaged drills are in the table only.':
    '表格下方按运行手册列出：结论（+ 通过，~ 部分通过，x 未通过）、RTO 与 RPO，从最早到最新。人为破坏的演练只列在表格中。',
  'Makes a new value, remembers it, and writes it into a file; without --file it prints the value, to be put into a row. Run it before each backup: a drill whose runbook has "canary" of this name fails unless the value planted last before the snapshot came back.':
    '生成一个新值，记住它并写入文件；不给 --file 时只打印该值，以便写入数据库的某一行。请在每次备份之前运行：运行手册中有同名 "canary" 的演练，只有在快照之前最后写入的值恢复时才会通过。',
  'Plant a value that a drill must find again': '写入一个演练必须找回的值',
  'The page is one HTML file without scripts, in the language of --lang, fit for print. With --evidence it also exports the evidence bundle of the run and names its hash.':
    '页面是一个不含脚本的 HTML 文件，语言由 --lang 决定，适合打印。使用 --evidence 时同时导出该运行的证据包并写明其哈希。',
  'Write one drill as a page for people: verdict, objectives, phases, checks, evidence':
    '将一次演练写成供人阅读的页面：结论、目标、阶段、检查、证据',
  'also export the evidence bundle into this file': '同时将证据包导出到此文件',
  'name of the canary': '金丝雀的名称',
  'file to write; its folder must be there': '要写入的文件；其目录必须存在',
});
