import access from './en/access.json';
import action from './en/action.json';
import board from './en/board.json';
import common from './en/common.json';
import connection from './en/connection.json';
import connections from './en/connections.json';
import execution from './en/execution.json';
import executions from './en/executions.json';
import exportMessages from './en/export.json';
import feed from './en/feed.json';
import notify from './en/notify.json';
import history from './en/history.json';
import overview from './en/overview.json';
import palette from './en/palette.json';
import refused from './en/refused.json';
import shell from './en/shell.json';
import status from './en/status.json';
import task from './en/task.json';
import time from './en/time.json';
import trends from './en/trends.json';
import wall from './en/wall.json';

/** The messages of each area of the page. An id begins with the name of its file. */
const english = {
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

export default english;
