import type { Problem } from 'cecelia-client';
import { useConnectionState, useRelay, useVersion } from 'cecelia-client/react';
import { CircleAlert, CircleCheck, LoaderCircle, PlugZap, TriangleAlert, X } from 'lucide-react';
import { useId, useRef, useState, useSyncExternalStore } from 'react';
import { RelativeTime } from '../relay/relative-time';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import popovers from '../../components/popover.module.css';
import { useDismiss } from '../../components/use-dismiss';
import unseen from '../../components/visually-hidden.module.css';
import { pageStallMs, useNow } from '../relay/page-clock';
import { problemLogOf } from '../relay/problem-log';
import { RelaySentence } from '../relay/relay-sentence';
import styles from './connection-badge.module.css';
import { connectionText, dataAsOf, type Health } from './connection-text';
import { EmptyState } from '../../components/empty-state';
import { gapConsequence, gapSpan, gapText } from './gap-text';
import { recentEventDelays } from './event-delays';
import { formatAgo, formatClock, formatCount, formatLag, timeZoneText } from '../../format/format-time';
import { findMessage, t } from '../../i18n/messages';

const icons = { good: CircleCheck, warning: LoaderCircle, unknown: LoaderCircle, bad: TriangleAlert } as const satisfies Record<
  Health,
  unknown
>;

/** The connection status in the header. The button opens the details. */
export function ConnectionBadge() {
  const { view } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  useVersion('gaps');
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const text = connectionText(state, now, view.clockOffset, recentEventDelays(view.feed, now + view.clockOffset), pageStallMs());
  const asOf = dataAsOf(state, view.clockOffset, view.lastMessageAt);
  const Icon = icons[text.health];
  useDismiss(root, isOpen, () => setOpen(false));
  return (
    <div ref={root} className={popovers.anchor}>
      <button
        type="button"
        className={classNames(styles.badge, styles[text.health])}
        data-status={state.status}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon size={15} strokeWidth={2.25} aria-hidden />
        <span className={styles.short}>{text.short}</span>
        {asOf !== null && <span className={styles.age}>{t('connection.as-of', { ago: formatAgo(now - asOf) })}</span>}
        {asOf === null && view.gaps.length > 0 && (
          <span className={styles.age}>{t('connection.gaps.count', { count: view.gaps.length })}</span>
        )}
      </button>
      <p className={unseen.hidden} aria-live="polite">
        <Announcement />
      </p>
      {isOpen && (
        <section id={id} className={classNames(popovers.popover, styles.details)} aria-label={t('connection.title')}>
          <ConnectionDetails onClose={() => setOpen(false)} />
        </section>
      )}
    </div>
  );
}

/** Announces status changes to screen readers, without the countdown. */
function Announcement() {
  const state = useConnectionState();
  const status =
    state.status === 'reconnecting' && state.waitsFor === 'time' ? t('connection.reconnecting') : connectionText(state, 0, 0).short;
  return <span>{t('connection.announce', { status })}</span>;
}

function ConnectionDetails({ onClose }: { readonly onClose: () => void }) {
  const { connection, view } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  useVersion('seconds');
  const log = problemLogOf(connection);
  const recentProblems = useSyncExternalStore(log.subscribe, () => log.problems);
  const text = connectionText(state, now, view.clockOffset, recentEventDelays(view.feed, now + view.clockOffset), pageStallMs());
  const asOf = dataAsOf(state, view.clockOffset, view.lastMessageAt);
  const { counts } = connection;
  const latest = view.seconds.findLast((second) => second.lagMedian !== null);
  const canConnect = state.status === 'closed' || (state.status === 'reconnecting' && state.waitsFor !== 'answer');
  return (
    <>
      <header className={popovers.head}>
        <h2 className={styles[text.health]}>{text.short}</h2>
        <button type="button" className={buttons.icon} aria-label={t('common.close')} onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      </header>
      <p className={styles.long}>
        <span>{text.long}</span>
        <RelaySentence text={text.sentence} />
      </p>
      {canConnect && (
        <button type="button" className={classNames(buttons.button, buttons.primary, styles.connect)} onClick={() => connection.connect()}>
          <PlugZap size={14} aria-hidden /> <span>{t(state.status === 'closed' ? 'connection.reconnect' : 'common.try-now')}</span>
        </button>
      )}
      <dl className={classNames(popovers.facts, styles.facts)}>
        <Fact name={t('connection.data')} {...(asOf !== null && { title: timeZoneText() })}>
          {asOf === null
            ? t('connection.data.current')
            : t('connection.data.as-of', { time: formatClock(asOf), ago: formatAgo(now - asOf) })}
        </Fact>
        <Fact name={t('connection.last-message')}>
          {view.lastMessageAt === null ? t('connection.last-message.none') : formatAgo(now - view.lastMessageAt)}
        </Fact>
        <Fact name={t('connection.lag')}>
          {latest === undefined
            ? t('connection.lag.unknown')
            : t('connection.lag.values', { median: formatLag(latest.lagMedian), p99: formatLag(latest.lagP99) })}
        </Fact>
        <Fact name={t('connection.received')}>{t('connection.received.counts', { messages: counts.messages, events: counts.events })}</Fact>
        <Fact name={t('connection.reconnects')}>{formatCount(counts.reconnects)}</Fact>
        <Fact name={t('connection.duplicates')}>{t('connection.duplicates.count', { count: counts.duplicates })}</Fact>
      </dl>
      <h3>{t('connection.gaps')}</h3>
      {view.gaps.length === 0 ? (
        <EmptyState title={t('connection.gaps.none')} icon={CircleCheck} small />
      ) : (
        <ol className={styles.notes}>
          {view.gaps.toReversed().map(({ number, gap, at }) => (
            <li key={number}>
              <p>{gapText(gap)}</p>
              <p className={styles.small}>
                <RelativeTime at={at} />
                {gapSpan(gap) !== undefined && <span title={timeZoneText()}>{gapSpan(gap)}</span>}
                <span>{gapConsequence(gap)}</span>
              </p>
            </li>
          ))}
        </ol>
      )}
      {recentProblems.length > 0 && (
        <>
          <h3>{t('connection.problems', { count: counts.problems })}</h3>
          <ol className={styles.notes}>
            {recentProblems.map((problem) => (
              <li key={`${problem.at}${problem.message}`}>
                <p>
                  <CircleAlert size={13} aria-hidden /> <ProblemText problem={problem} />
                </p>
                <p className={styles.small}>
                  <span>{formatAgo(now - problem.at)}</span>
                  <span translate="no" lang="en">
                    {problem.message}
                  </span>
                  {problem.text !== undefined && <code translate="no">{problem.text.slice(0, 120)}</code>}
                </p>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

/** The kind of a problem. Its message is in English. */
function ProblemText({ problem }: { readonly problem: Problem }) {
  const id = findMessage('connection.problem.', problem.kind);
  return <span>{id === undefined ? problem.kind : t(id)}</span>;
}

interface FactProps {
  readonly name: string;
  readonly title?: string;
  readonly children: string;
}

function Fact({ name, title, children }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{children}</dd>
    </div>
  );
}
