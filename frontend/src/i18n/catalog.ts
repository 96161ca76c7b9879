import type { Language } from './preferences';
import accessEn from './en/access.json';
import actionEn from './en/action.json';
import boardEn from './en/board.json';
import commonEn from './en/common.json';
import connectionEn from './en/connection.json';
import connectionsEn from './en/connections.json';
import executionEn from './en/execution.json';
import executionsEn from './en/executions.json';
import exportEn from './en/export.json';
import feedEn from './en/feed.json';
import notifyEn from './en/notify.json';
import historyEn from './en/history.json';
import overviewEn from './en/overview.json';
import paletteEn from './en/palette.json';
import refusedEn from './en/refused.json';
import shellEn from './en/shell.json';
import statusEn from './en/status.json';
import taskEn from './en/task.json';
import timeEn from './en/time.json';
import trendsEn from './en/trends.json';
import wallEn from './en/wall.json';
import accessZh from './zh-CN/access.json';
import actionZh from './zh-CN/action.json';
import boardZh from './zh-CN/board.json';
import commonZh from './zh-CN/common.json';
import connectionZh from './zh-CN/connection.json';
import connectionsZh from './zh-CN/connections.json';
import executionZh from './zh-CN/execution.json';
import executionsZh from './zh-CN/executions.json';
import exportZh from './zh-CN/export.json';
import feedZh from './zh-CN/feed.json';
import notifyZh from './zh-CN/notify.json';
import historyZh from './zh-CN/history.json';
import overviewZh from './zh-CN/overview.json';
import paletteZh from './zh-CN/palette.json';
import refusedZh from './zh-CN/refused.json';
import shellZh from './zh-CN/shell.json';
import statusZh from './zh-CN/status.json';
import taskZh from './zh-CN/task.json';
import timeZh from './zh-CN/time.json';
import trendsZh from './zh-CN/trends.json';
import wallZh from './zh-CN/wall.json';

/** The messages of each area of the page. An id begins with the name of its file. */
const english = {
  ...accessEn,
  ...actionEn,
  ...boardEn,
  ...commonEn,
  ...connectionEn,
  ...connectionsEn,
  ...executionEn,
  ...executionsEn,
  ...exportEn,
  ...feedEn,
  ...notifyEn,
  ...historyEn,
  ...overviewEn,
  ...paletteEn,
  ...refusedEn,
  ...shellEn,
  ...statusEn,
  ...taskEn,
  ...timeEn,
  ...trendsEn,
  ...wallEn,
};

const chinese = {
  ...accessZh,
  ...actionZh,
  ...boardZh,
  ...commonZh,
  ...connectionZh,
  ...connectionsZh,
  ...executionZh,
  ...executionsZh,
  ...exportZh,
  ...feedZh,
  ...notifyZh,
  ...historyZh,
  ...overviewZh,
  ...paletteZh,
  ...refusedZh,
  ...shellZh,
  ...statusZh,
  ...taskZh,
  ...timeZh,
  ...trendsZh,
  ...wallZh,
};

export type MessageId = keyof typeof english;

/** All messages, compiled by the build: text, or the parsed form of a message with arguments. */
export const catalogs: Readonly<Record<Language, Readonly<Record<MessageId, unknown>>>> = { en: english, 'zh-CN': chinese };
