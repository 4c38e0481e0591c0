import { expect, test } from 'vitest';
import { Catalogue, fill } from '../../src/cli/texts/catalogue.ts';
import { helpZhCn } from '../../src/cli/texts/zh-cn/help.ts';
import { messagesZhCn } from '../../src/cli/texts/zh-cn/messages.ts';
import { titlesZhCn } from '../../src/cli/texts/zh-cn/titles.ts';
import { usage, words } from '../../src/cli/texts/zh-cn/words.ts';
import { sourceHelp, sourceMessages, sourceTitles } from '../helpers/message-sources.ts';

const messages = sourceMessages();
const chinese = messagesZhCn();

/** Texts that look like messages and are none, with the reason. */
const notForPeople: Record<string, string> = {
  '{}/{} {}-{} node-{}': 'the version line, which scripts read',
  'oaops: cannot write the output: {}': 'the last word when not even the language can be asked for',
  'failed command-not-started': 'a line of the supervisor',
  'oaops runs undo {}': 'a command to type',
  'oaops patch rollback': 'a command to type',
  'oaops patch status {}': 'a command to type',
  'oaops run {}': 'a command to type',
  'oaops runs resume {}': 'a command to type',
  'oaops runs show {}': 'a command to type',
  'patch rollout': 'a command to type',
  '--batch {}': 'a command to type',
  'exec /bin/sh -c {} oaops': 'what the login shell of a host is given',
  'exec /bin/sh -c {} oaops-unit {}': 'what the login shell of a host is given',
  'application/json; charset=utf-8': 'a header',
  'add() without room()': 'a defect of the program',
  '{} {} on {}: started, run {}': 'the body of a ping, which a monitoring service keeps',
  '{} {} on {}: {}, exit code {}, {}, run {}': 'the body of a ping',
  'leg {}: {}{}': 'the body of a ping',
  'text/plain; charset=utf-8': 'a header',
  'oaops: {} is overdue': 'the subject of a notice',
  '{} was due at {} and has not ended well by {}.': 'the body of a notice',
  'Earlier times that are overdue too: {}, since {}.': 'the body of a notice',
  'Looked at on {}; see "oaops schedule explain {}".': 'the body of a notice',
  'host run': 'the name of ad hoc runs in the record',
  'patch check': 'the name of ad hoc runs in the record',
  '{} begin': 'a line between outputs of the script that looks for updates',
  '{} end': 'a line between outputs of the script that looks for updates',
  'cast({} as text)': 'SQL',
  ') as oaops_rows where {} = :value': 'SQL',
  'never connects': 'a database that only makes SQL',
  'EHLO oaops.invalid': 'a word of SMTP',
  'Basic {}': 'a header',
  'lag {}': 'the name of a figure',
  'last detected': 'a heading of a report',
  'date last detected': 'a heading of a report',
  'cvss base': 'a heading of a report',
  'CN=Password Settings Container,CN=System,{}': 'the name of an entry',
  '!(item.line in steps.sign.outputs.kept)': 'a condition',
  '!(item.line in steps.recheck.outputs.dropped)': 'a condition',
  'the entries stand in the plan': 'a step that planning puts others in the place of',
  'account undo': 'the name of ad hoc runs in the record',
  'the rest is not wanted': 'ends the reading of an answer',
  'something was opened after the app was closed': 'a defect of the program',
};

test('the sources are read', () => {
  expect(messages.length).toBeGreaterThan(1000);
});

test('every text that a person may read has its Chinese in src/cli/texts/zh-cn', () => {
  const missing = messages.filter(({ text }) => !(text in chinese) && !(text in notForPeople));
  expect(missing.map(({ place, text }) => `${place}: '${text}'`)).toEqual([]);
});

test('no Chinese text stands for English that is gone', () => {
  const known = new Set(messages.map(({ text }) => text));
  const kept = { ...words(), ...usage() };
  expect(Object.keys(chinese).filter((text) => !known.has(text) && !(text in kept))).toEqual([]);
  expect(Object.keys(notForPeople).filter((text) => !known.has(text))).toEqual([]);
});

test('help says everything in Chinese too', () => {
  expect(Object.keys(helpZhCn()).sort()).toEqual(sourceHelp().sort());
});

test('each heading of a table has its Chinese, and no other', () => {
  expect(Object.keys(titlesZhCn).sort()).toEqual(sourceTitles().sort());
});

test('a Chinese text holds the facts of the English one, in Chinese punctuation, and what is typed as it is', () => {
  const wrong: string[] = [];
  for (const [english, target] of Object.entries(chinese)) {
    const tell = (why: string) => wrong.push(`${english}: ${why}: ${target}`);
    const count = english.split('{}').length - 1;
    const used = new Set<number>();
    fill(target, (index) => {
      used.add(index);
      return '';
    });
    if ([...used].some((index) => index < 0 || index >= count)) tell('a value that the English has not');
    // The "s" of a plural and the place of a sign have no counterpart; every other value is a fact.
    const plurals = [...english.matchAll(/[a-z]\{\}/g)].length;
    if (used.size < count - plurals) tell('a value is lost');
    if (/[\u4e00-\u9fff][,;?!](?!\w)/.test(target)) tell('punctuation');
    const typed = (text: string) =>
      [...text.matchAll(/--[a-z-]{3,}|\b[A-Z]+_[A-Z_]+\b|"oaops [a-z ]+/g)].map(([word]) => word.trim()).sort();
    if (typed(target).join() !== typed(english).join()) tell('what is typed');
  }
  expect(wrong).toEqual([]);
});

test('every Chinese text comes out whole: each value in its place, none forgotten', () => {
  const catalogue = new Catalogue(chinese);
  const wrong = Object.keys(chinese).flatMap((english) => {
    let number = 0;
    const sample = english.replaceAll('{}', () => `q${++number}z`);
    const said = catalogue.lines(sample);
    return said === sample && chinese[english] !== english
      ? [english]
      : /\{\d*\}(?!\})|undefined/.test(said)
        ? [said]
        : [];
  });
  expect(wrong).toEqual([]);
});
