import type { Language } from './preferences';
import shellEn from './en/shell.json';
import shellZh from './zh-CN/shell.json';

/** The messages of each area of the page. An id begins with the name of its file. */
const english = { ...shellEn };

export type MessageId = keyof typeof english;

/** All messages, compiled by the build: text, or the parsed form of a message with arguments. */
export const catalogs: Readonly<Record<Language, Readonly<Record<MessageId, unknown>>>> = {
  en: english,
  'zh-CN': { ...shellZh },
};
