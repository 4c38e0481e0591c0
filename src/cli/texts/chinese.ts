/** Everything that is said in Chinese: behind one import, as most runs need none of it. */
import { Catalogue, type Messages } from './catalogue.ts';
import { helpZhCn } from './zh-cn/help.ts';
import { messagesZhCn } from './zh-cn/messages.ts';

export { errorsZhCn as errors } from './errors-zh-cn.ts';
export { sectionsZhCn as sections } from './zh-cn/help.ts';
export { labelsZhCn as labels, titlesZhCn as titles } from './zh-cn/titles.ts';
export { zhCn as words } from './zh-cn.ts';

let known: Catalogue | undefined;
let helpTexts: Messages | undefined;

/** Messages of oaops; made with the first one that is asked for. */
export function catalogue(): Catalogue {
  known ??= new Catalogue(messagesZhCn());
  return known;
}

/** What help says, by its English. */
export function help(): Messages {
  helpTexts ??= helpZhCn();
  return helpTexts;
}
