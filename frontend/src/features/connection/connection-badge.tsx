import { useConnectionState, useRelay, useVersion } from 'cecelia-client/react';
import { CircleAlert, CircleCheck, LoaderCircle, PlugZap, TriangleAlert, X } from 'lucide-react';
import { useId, useRef, useState, useSyncExternalStore } from 'react';
import { RelativeTime } from '../relay/relative-time';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { useDismiss } from '../../components/use-dismiss';
import { pageStallMs, useNow } from '../relay/page-clock';
import { problemLogOf } from '../relay/problem-log';
import styles from './connection-badge.module.css';
import { connectionText, dataAsOf, type Health } from './connection-text';
import { EmptyState } from '../../components/empty-state';
import { gapConsequence, gapSpan, gapText } from './gap-text';
import { recentEventDelays } from './event-delays';
import { formatAgo, formatClock, formatCount, formatLag, formatQuantity } from '../../format/format-time';

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
    <div ref={root} className={styles.root}>
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
        {asOf !== null && <span className={styles.age}>{`as of ${formatAgo(now - asOf)}`}</span>}
        {asOf === null && view.gaps.length > 0 && <span className={styles.age}>{formatQuantity(view.gaps.length, 'gap')}</span>}
      </button>
      <p className={styles.announce} aria-live="polite">
        <Announcement />
      </p>
      {isOpen && (
        <div id={id} className={styles.popover} role="region" aria-label="Connection">
          <ConnectionDetails onClose={() => setOpen(false)} />
        </div>
      )}
    </div>
  );
}

/** Announces status changes to screen readers, without the countdown. */
function Announcement() {
  const state = useConnectionState();
  const text = connectionText(state, 0, 0).short.replace(/ (?:now|in .*)$/, '');
  return <span>{`Connection: ${text}`}</span>;
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
      <header className={styles.head}>
        <h2 className={styles[text.health]}>{text.short}</h2>
        <button type="button" className={buttons.icon} aria-label="Close" onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      </header>
      <p className={styles.long}>{text.long}</p>
      {canConnect && (
        <button type="button" className={classNames(buttons.button, buttons.primary, styles.connect)} onClick={() => connection.connect()}>
          <PlugZap size={14} aria-hidden /> <span>{state.status === 'closed' ? 'Reconnect' : 'Try now'}</span>
        </button>
      )}
      <dl className={styles.facts}>
        <Fact name="Data">{asOf === null ? 'Up to date' : `As of ${formatClock(asOf)}, ${formatAgo(now - asOf)}`}</Fact>
        <Fact name="Last message">{view.lastMessageAt === null ? 'None yet' : formatAgo(now - view.lastMessageAt)}</Fact>
        <Fact name="Lag">
          {latest === undefined ? 'Unknown' : `Median ${formatLag(latest.lagMedian)}, p99 ${formatLag(latest.lagP99)}`}
        </Fact>
        <Fact name="Received">{`${formatQuantity(counts.messages, 'message')}, ${formatQuantity(counts.events, 'event')}`}</Fact>
        <Fact name="Reconnects">{formatCount(counts.reconnects)}</Fact>
        <Fact name="Duplicates">{`${formatCount(counts.duplicates)} ignored`}</Fact>
      </dl>
      <h3>Gaps</h3>
      {view.gaps.length === 0 ? (
        <EmptyState title="No gaps since this page was opened" icon={CircleCheck} small />
      ) : (
        <ol className={styles.notes}>
          {view.gaps.toReversed().map(({ number, gap, at }) => (
            <li key={number}>
              <p>{gapText(gap)}</p>
              <p className={styles.small}>
                <RelativeTime at={at} />
                <span>{`${gapSpan(gap) === undefined ? '' : `, ${gapSpan(gap) ?? ''}`}. ${gapConsequence(gap)}`}</span>
              </p>
            </li>
          ))}
        </ol>
      )}
      {recentProblems.length > 0 && (
        <>
          <h3>{`Problems (${formatCount(counts.problems)})`}</h3>
          <ol className={styles.notes}>
            {recentProblems.map((problem) => (
              <li key={`${problem.at}${problem.message}`}>
                <p>
                  <CircleAlert size={13} aria-hidden /> <span>{problem.message}</span>
                </p>
                <p className={styles.small}>
                  <span>{formatAgo(now - problem.at)}</span>
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

function Fact({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
