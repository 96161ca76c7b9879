import type { TaskEntity } from 'cecelia-client';
import type { ReactNode } from 'react';
import { classNames } from '../../../components/class-names';
import { longWaitMs } from '../../../features/situation/situation';
import { formatAgo, formatCount, formatElapsed } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { isUncertain } from '../../../format/status-kind';
import { t } from '../../../i18n/messages';
import type { Overview } from '../overview/overview-model';
import { statusSince, taskProject, taskTitle } from '../task/task-facts';
import type { WallView as Name } from './rotation';
import { WallLanes } from './wall-lanes';
import styles from './wall-view.module.css';

interface WallViewProps {
  readonly overview: Overview;
  /** Unix milliseconds of the relay's clock. */
  readonly at: number;
}

/** Rows that have room below the sentence. */
const rowCount = 6;

/** One view of the rotation. */
export function WallView({ name, ...props }: WallViewProps & { readonly name: Name }) {
  switch (name) {
    case 'overview':
      return <Counts {...props} />;
    case 'failures':
      return <FailureRows {...props} />;
    case 'running':
      return <RunningRows {...props} />;
    case 'queue':
      return <QueueRows {...props} />;
    case 'slots':
      return <SlotRows {...props} />;
    case 'lanes':
      return <WallLanes />;
  }
}

function Counts({ overview, at }: WallViewProps) {
  const { counts, executors, queue } = overview;
  const known = executors.filter(({ executor: { data, uncertain } }) => uncertain !== true && data?.availableSlots != null);
  const sum = (read: (executor: Overview['executors'][number]['executor']) => number) =>
    known.reduce((total, { executor }) => total + read(executor), 0);
  const used = sum(({ data }) => data?.activeCount ?? 0);
  const all = used + sum(({ data }) => data?.availableSlots ?? 0);
  const isKnown = known.length > 0 && known.length === executors.length;
  return (
    <dl className={styles.counts}>
      {(['running', 'queued', 'completed', 'failed'] as const).map((name) => (
        <Count key={name} name={t(`overview.tasks.${name}`)} tone={counts[name] > 0 ? name : ''}>
          {formatCount(counts[name])}
        </Count>
      ))}
      <Count name={t('wall.slots')} tone={isKnown && used >= all && all > 0 ? 'full' : ''}>
        {isKnown ? `${formatCount(used)}/${formatCount(all)}` : '–'}
      </Count>
      <Count name={t('wall.oldest')} tone={queue.long > 0 ? 'full' : ''}>
        {queue.oldest === null ? '–' : formatElapsed(at - queue.oldest)}
      </Count>
    </dl>
  );
}

function Count({ name, tone, children }: { readonly name: string; readonly tone: string; readonly children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={classNames(tone !== '' && styles[tone])} data-long={children.length > 6}>
        {children}
      </dd>
    </div>
  );
}

function FailureRows({ overview: { failures }, at }: WallViewProps) {
  const shown = failures.groups.slice(0, rowCount);
  const more = failures.groups.length - shown.length;
  return (
    <Rows more={more > 0 ? t('wall.more-errors', { count: more }) : ''}>
      {shown.map(({ pattern, count, newest, projects, last }) => (
        <li key={pattern}>
          <strong className={styles.failed}>{formatCount(count)}</strong>
          <Published className={styles.main} text={newest[0]?.error ?? ''} otherwise={t('overview.failures.no-message')} />
          <Published className={styles.project} text={projects[0]?.id ?? ''} />
          <span className={styles.time}>{t('wall.failure', { ago: formatAgo(at - last) })}</span>
        </li>
      ))}
    </Rows>
  );
}

function RunningRows({ overview: { running }, at }: WallViewProps) {
  return (
    <TaskRows list={running}>
      {(task) => {
        const progress = task.progress === undefined ? null : Math.round(Math.min(100, Math.max(0, task.progress)));
        return (
          <>
            <strong>{progress === null ? '–' : t('overview.running.percent', { percent: progress })}</strong>
            <TaskNames task={task} />
            <span className={styles.time}>{isUncertain(task) ? t('overview.slots.uncertain') : formatElapsed(at - statusSince(task))}</span>
            <i className={styles.bar} style={{ inlineSize: `${progress ?? 0}%` }} />
          </>
        );
      }}
    </TaskRows>
  );
}

function QueueRows({ overview: { queue }, at }: WallViewProps) {
  return (
    <TaskRows list={queue}>
      {(task, index) => {
        const wait = at - statusSince(task);
        return (
          <>
            <strong>{formatCount(index + 1)}</strong>
            <TaskNames task={task} />
            <span className={classNames(styles.time, !isUncertain(task) && wait >= longWaitMs && styles.full)}>
              {isUncertain(task) ? t('overview.slots.uncertain') : t('wall.waiting', { duration: formatElapsed(wait) })}
            </span>
          </>
        );
      }}
    </TaskRows>
  );
}

interface TaskRowsProps {
  readonly list: Overview['running'];
  readonly children: (task: TaskEntity, index: number) => ReactNode;
}

function TaskRows({ list: { tasks, total }, children }: TaskRowsProps) {
  const shown = tasks.slice(0, rowCount);
  return (
    <Rows more={total > shown.length ? t('wall.more', { count: total - shown.length }) : ''}>
      {shown.map((task, index) => (
        <li key={task.id}>{children(task, index)}</li>
      ))}
    </Rows>
  );
}

function TaskNames({ task }: { readonly task: TaskEntity }) {
  return (
    <>
      <Published className={styles.main} text={taskTitle(task)} />
      <Published className={styles.project} text={taskProject(task) ?? ''} />
    </>
  );
}

function SlotRows({ overview: { executors }, at }: WallViewProps) {
  const shown = executors.slice(0, rowCount);
  const more = executors.length - shown.length;
  return (
    <Rows more={more > 0 ? t('wall.more', { count: more }) : ''}>
      {shown.map(({ executor, fullSince }) => {
        const [used, free] = [executor.data?.activeCount ?? null, executor.data?.availableSlots ?? null];
        const isKnown = used !== null && free !== null && executor.uncertain !== true;
        return (
          <li key={executor.id}>
            <strong>{isKnown ? `${formatCount(used)}/${formatCount(used + free)}` : '–'}</strong>
            <Published className={styles.main} text={executor.id} otherwise={t('overview.slots.executor')} />
            <span className={styles.project}>{executor.uncertain === true ? t('overview.slots.uncertain') : ''}</span>
            <span className={classNames(styles.time, fullSince !== null && styles.full)}>
              {fullSince !== null
                ? t('wall.slot.full', { duration: formatElapsed(at - fullSince) })
                : isKnown
                  ? t('wall.slot.free', { count: free })
                  : ''}
            </span>
            <i className={styles.bar} style={{ inlineSize: isKnown && used + free > 0 ? `${(100 * used) / (used + free)}%` : 0 }} />
          </li>
        );
      })}
    </Rows>
  );
}

function Rows({ more, children }: { readonly more: string; readonly children: ReactNode }) {
  return (
    <div className={styles.list}>
      <ol className={styles.rows}>{children}</ol>
      <p className={styles.more}>{more}</p>
    </div>
  );
}

interface PublishedProps {
  readonly className: string | undefined;
  readonly text: string;
  /** What is shown instead of an empty text. */
  readonly otherwise?: string;
}

/** A text of a publisher, in whatever language it is. */
function Published({ className, text, otherwise = '' }: PublishedProps) {
  return text === '' ? (
    <span className={className}>{otherwise}</span>
  ) : (
    <span className={className} {...published(text)}>
      {text}
    </span>
  );
}
