import type { Catalog } from './catalog';
import access from './zh-CN/access.json';
import action from './zh-CN/action.json';
import board from './zh-CN/board.json';
import common from './zh-CN/common.json';
import connection from './zh-CN/connection.json';
import connections from './zh-CN/connections.json';
import execution from './zh-CN/execution.json';
import executions from './zh-CN/executions.json';
import exportMessages from './zh-CN/export.json';
import feed from './zh-CN/feed.json';
import notify from './zh-CN/notify.json';
import history from './zh-CN/history.json';
import overview from './zh-CN/overview.json';
import palette from './zh-CN/palette.json';
import refused from './zh-CN/refused.json';
import shell from './zh-CN/shell.json';
import status from './zh-CN/status.json';
import task from './zh-CN/task.json';
import time from './zh-CN/time.json';
import trends from './zh-CN/trends.json';
import wall from './zh-CN/wall.json';

const chinese: Catalog = {
  ...access,
  ...action,
  ...board,
  ...common,
  ...connection,
  ...connections,
  ...execution,
  ...executions,
  ...exportMessages,
  ...feed,
  ...notify,
  ...history,
  ...overview,
  ...palette,
  ...refused,
  ...shell,
  ...status,
  ...task,
  ...time,
  ...trends,
  ...wall,
};

export default chinese;
