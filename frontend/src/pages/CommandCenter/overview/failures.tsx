import { ChevronRight, ShieldCheck } from 'lucide-react';
import { memo, useState } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { Panel } from '../../../components/panel';
import rowLinks from '../../../components/row-link.module.css';
import { RelativeTime } from '../../../features/relay/relative-time';
import { type Route, routeHref, useShown } from '../../../features/navigation/route';
import { formatAgo, formatCount } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import { type Failure, type FailureGroup, type GroupedFailures } from './failure-groups';
import styles from './failures.module.css';
import { SparkLine } from './spark-line';

/** Groups that are shown at once; on a phone the others are shown on demand. */
const maxGroups = 40;
const shownOnPhone = 5;
const maxProjects = 2;
/** The name in the address of the group without a message. */
const noMessage = '-';

interface FailuresProps {
  readonly failures: GroupedFailures;
  readonly notHeld: number;
  readonly hasState: boolean;
  /** In whole seconds, so that it changes rarely. Unix milliseconds of the relay's clock. */
  readonly at: number;
  readonly route: Route;
  readonly className?: string | undefined;
}

/** The failures grouped by error. */
export const Failures = memo(function Failures({ failures, notHeld, hasState, at, route, className }: FailuresProps) {
  const { groups, count, from, to } = failures;
  const [open, setOpen] = useShown('failure');
  const [isUnfolded, setUnfolded] = useState(false);
  const span = t('overview.slots.minutes', { minutes: Math.round((to - from) / 60_000) });
  const others = groups.length - shownOnPhone;
  // A link may lead to one of those that are folded.
  const isOpenFolded = groups.slice(shownOnPhone).some((group) => nameOf(group) === open);
  const isAll = isUnfolded || isOpenFolded;
  const fold = () => {
    setUnfolded(!isAll);
    if (isOpenFolded) setOpen('');
  };
  const toggle = (name: string, isOpen: boolean) => {
    if (isOpen) setOpen(name);
    // The browser also reports a group that is closed because another one was opened.
    else if (name === open) setOpen('');
  };
  return (
    <Panel
      title={t('overview.failures.title')}
      aside={<span title={t('overview.failures.axis', { span })}>{hasState ? summary(count + notHeld, groups.length) : '–'}</span>}
      className={className}
      flush
    >
      {groups.length === 0 && notHeld === 0 ? (
        <EmptyState title={t(hasState ? 'overview.failures.none' : 'overview.failures.waiting')} icon={ShieldCheck} small>
          {t('overview.failures.none.hint')}
        </EmptyState>
      ) : (
        <>
          <ul className={classNames(styles.groups, isAll && styles.all)}>
            {groups.slice(0, maxGroups).map((group) => (
              <Group
                key={group.pattern}
                group={group}
                span={span}
                at={at}
                route={route}
                isOpen={nameOf(group) === open}
                onToggle={toggle}
              />
            ))}
          </ul>
          {others > 0 && (
            <button type="button" className={classNames(buttons.button, styles.more)} onClick={fold}>
              {isAll ? t('overview.failures.fewer-groups') : t('overview.failures.more-groups', { count: others })}
            </button>
          )}
          {notHeld > 0 && <p className={styles.rest}>{t('overview.failures.not-held', { count: notHeld })}</p>}
        </>
      )}
    </Panel>
  );
});

function nameOf({ pattern }: FailureGroup): string {
  return pattern === '' ? noMessage : pattern;
}

function summary(count: number, groups: number): string {
  if (count === 0) return '0';
  return groups < 2 ? formatCount(count) : `${formatCount(count)} · ${t('overview.failures.kinds', { count: groups })}`;
}

interface GroupProps {
  readonly group: FailureGroup;
  readonly span: string;
  readonly at: number;
  readonly route: Route;
  readonly isOpen: boolean;
  readonly onToggle: (name: string, isOpen: boolean) => void;
}

function Group({ group, span, at, route, isOpen, onToggle }: GroupProps) {
  const { pattern, count, first, last, isNew, projects, newest, bars } = group;
  const example = newest[0];
  const error = count === 1 ? example?.error : pattern;
  return (
    <li>
      <details className={styles.group} open={isOpen} onToggle={(event) => onToggle(nameOf(group), event.currentTarget.open)}>
        <summary className={styles.summary}>
          <ChevronRight size={14} className={styles.chevron} aria-hidden />
          <span className={classNames(rowLinks.twoLines, styles.error)} translate="no" title={example?.error}>
            {error === undefined || error === '' ? t('overview.failures.no-message') : error}
          </span>
          <span className={styles.count} title={t('overview.failures.count', { count })}>
            {isNew && <span className={styles.new}>{t('overview.failures.new')}</span>}
            <span>{count === 1 ? '' : `× ${formatCount(count)}`}</span>
          </span>
          <span className={styles.times}>
            <span>
              {count === 1
                ? formatAgo(at - last)
                : t('overview.failures.first-last', { first: formatAgo(at - first), last: formatAgo(at - last) })}
            </span>
            {projects.slice(0, maxProjects).map(({ id }) => (
              <span key={id} className={styles.project} translate="no">
                {id}
              </span>
            ))}
            {projects.length > maxProjects && <span>{t('overview.failures.projects.more', { count: projects.length - maxProjects })}</span>}
          </span>
          <span className={styles.spark}>
            <SparkLine bars={bars} label={t('overview.failures.spark', { span, counts: bars.join(' ') })} />
          </span>
        </summary>
        {isOpen && (
          <ul className={styles.failures}>
            {newest.map((failure) => (
              <FailureRow key={`${failure.kind} ${failure.id}`} failure={failure} route={route} isGroup={count > 1} />
            ))}
            {count > newest.length && <li className={styles.rest}>{t('overview.failures.older', { count: count - newest.length })}</li>}
          </ul>
        )}
      </details>
    </li>
  );
}

const FailureRow = memo(function FailureRow({
  failure,
  route,
  isGroup,
}: {
  readonly failure: Failure;
  readonly route: Route;
  readonly isGroup: boolean;
}) {
  const { kind, id, title, project, error, at } = failure;
  const href = routeHref(kind === 'task' ? { ...route, task: id } : { ...route, view: 'executions', execution: id });
  return (
    <li>
      <a className={classNames(rowLinks.row, styles.failure)} href={href}>
        <span className={styles.title} translate="no">
          {title}
        </span>
        <span className={styles.at}>
          <RelativeTime at={at} />
        </span>
        <span className={styles.message} translate="no">
          {[project, isGroup ? error : undefined].filter(Boolean).join(' · ')}
        </span>
      </a>
    </li>
  );
});
