import { useRelay } from 'cecelia-client/react';
import type { LiveView } from 'cecelia-client/state';
import { useEffect, useMemo } from 'react';
import { becomeLeader } from '../features/notify/leader';
import { type Item, type News, NewsFinder, type Observed, wantedNews } from '../features/notify/news';
import { newsPlace, newsText } from '../features/notify/news-text';
import { Notifier } from '../features/notify/notifier';
import { notifySettings, useNotifySettings } from '../features/notify/notify-settings';
import { showNotification } from '../features/notify/show-notification';
import { playTone } from '../features/notify/tone';
import { addressOf } from '../features/navigation/route';
import { outageOf } from '../features/situation/page-marks';
import { TaskColumns } from '../pages/CommandCenter/board/task-columns';
import { ColumnsContext } from '../pages/CommandCenter/board/use-task-columns';
import type { Overview } from '../pages/CommandCenter/overview/overview-model';
import { useOverviewStore } from '../pages/CommandCenter/overview/use-overview';
import { taskProject, taskTitle } from '../pages/CommandCenter/task/task-facts';

/** Notifies of what the settings say, whatever the page shows. It renders nothing, and costs nothing while notifications are off. */
export function Notifications() {
  const { isOn } = useNotifySettings();
  const { view } = useRelay();
  // Of all projects, whichever is selected.
  const columns = useMemo(() => (isOn ? new TaskColumns(view) : null), [view, isOn]);
  return columns !== null && <ColumnsContext value={columns}>{<Watch />}</ColumnsContext>;
}

function Watch() {
  const { view, connection } = useRelay();
  const store = useOverviewStore(null);
  useEffect(() => {
    const finder = new NewsFinder();
    const notifier = new Notifier({
      show,
      now: Date.now,
      setTimer: (callback, ms) => setTimeout(callback, ms),
      clearTimer: (timer) => clearTimeout(timer as number),
    });
    const find = () => finder.update(observe(store.get(), view, connection.state.status === 'live'));
    find(); // What is there already is not news.
    const update = () => {
      // Until it is known, nothing is looked for, so that the next search finds it.
      const isThis = isLeader();
      if (isThis === null) return;
      const news = find();
      if (isThis) notifier.add(wantedNews(news, notifySettings.get()));
    };
    const { isLeader, stop: resign } = becomeLeader(`cecelia ${new URL('./', document.baseURI).pathname}`, () => update());
    const stop = store.subscribeSlowly(update);
    return () => {
      stop();
      notifier.clear();
      resign();
    };
  }, [store, view, connection]);
  return null;
}

function observe(overview: Overview, view: LiveView, isLive: boolean): Observed {
  const { at, hasState, situation, failed, running, silent } = overview;
  const ofExecution = (id: string): Item => ({
    kind: 'execution',
    id,
    title: id,
    project: view.sections.executions.get(id)?.project_id,
    at: 0,
  });
  const silentExecutions = situation.parts.some(({ kind }) => kind === 'silent-executions')
    ? [...view.sections.executions.keys()].filter((id) => view.silentSince('executions', id) !== null)
    : [];
  return {
    at,
    hasState,
    isLive,
    outage: outageOf(situation),
    failures: failed,
    input: situation.parts.flatMap((part) => (part.kind === 'input' ? part.ids.map(ofExecution) : [])),
    silent: [
      ...running.tasks
        .slice(0, silent)
        .map((task): Item => ({ kind: 'task', id: task.id, title: taskTitle(task), project: taskProject(task), at: 0 })),
      ...silentExecutions.map(ofExecution),
    ],
  };
}

async function show(news: News, onGone: () => void): Promise<boolean> {
  const { title, body } = newsText(news);
  // Without the tone of the page, that of the system.
  const silent = !notifySettings.get().hasSound || (await playTone());
  return showNotification({ title, body, silent, href: addressOf(newsPlace(news)), onGone });
}
