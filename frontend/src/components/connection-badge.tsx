import { CircleAlert, CircleCheck, LoaderCircle, PlugZap, TriangleAlert, X } from 'lucide-react';
import { useEffect, useId, useRef, useState, useSyncExternalStore } from 'react';
import { Ago } from './ago';
import buttons from './button.module.css';
import { classNames } from './class-names';
import { pageStallMs, useNow } from './clock';
import styles from './connection-badge.module.css';
import { connectionWords, dataAsOf, type Health } from './connection-words';
import { Empty } from './empty';
import { gapConsequence, gapSpan, gapWords } from './gap-words';
import { recentDelays } from './delays';
import { useConnectionState, useRelay, useVersion } from './relay-context';
import { agoWords, clockWords, countWords, lagWords, ofWords } from './time-words';

const icons = { good: CircleCheck, warning: LoaderCircle, unknown: LoaderCircle, bad: TriangleAlert } as const satisfies Record<
  Health,
  unknown
>;

/** How the connection stands, in the header; its button opens the whole story. */
export function ConnectionBadge() {
  const { view } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  useVersion('gaps');
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const words = connectionWords(state, now, view.clockOffset, recentDelays(view.feed, now + view.clockOffset), pageStallMs());
  const asOf = dataAsOf(state, view.clockOffset, view.lastMessageAt);
  const Icon = icons[words.health];
  useDismiss(root, isOpen, () => setOpen(false));
  return (
    <div ref={root} className={styles.root}>
      <button
        type="button"
        className={classNames(styles.badge, styles[words.health])}
        data-status={state.status}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon size={15} strokeWidth={2.25} aria-hidden />
        <span className={styles.short}>{words.short}</span>
        {asOf !== null && <span className={styles.age}>{`as of ${agoWords(now - asOf)}`}</span>}
        {asOf === null && view.gaps.length > 0 && <span className={styles.age}>{ofWords(view.gaps.length, 'gap')}</span>}
      </button>
      <p className={styles.announce} aria-live="polite">
        <Announcement />
      </p>
      {isOpen && (
        <div id={id} className={styles.popover} role="region" aria-label="Connection">
          <ConnectionStory onClose={() => setOpen(false)} />
        </div>
      )}
    </div>
  );
}

/** Says the state once when it becomes another, and nothing that counts down. */
function Announcement() {
  const state = useConnectionState();
  const words = connectionWords(state, 0, 0).short.replace(/ (?:now|in .*)$/, '');
  return <span>{`Connection: ${words}`}</span>;
}

function ConnectionStory({ onClose }: { readonly onClose: () => void }) {
  const { connection, view, problems } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  useVersion('seconds');
  const kept = useSyncExternalStore(problems.subscribe, () => problems.problems);
  const words = connectionWords(state, now, view.clockOffset, recentDelays(view.feed, now + view.clockOffset), pageStallMs());
  const asOf = dataAsOf(state, view.clockOffset, view.lastMessageAt);
  const { counts } = connection;
  const latest = view.seconds.findLast((second) => second.lagMedian !== null);
  const canConnect = state.status === 'closed' || (state.status === 'reconnecting' && state.waitsFor !== 'answer');
  return (
    <>
      <header className={styles.head}>
        <h2 className={styles[words.health]}>{words.short}</h2>
        <button type="button" className={buttons.icon} aria-label="Close" onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      </header>
      <p className={styles.long}>{words.long}</p>
      {canConnect && (
        <button type="button" className={classNames(buttons.button, buttons.primary, styles.connect)} onClick={() => connection.connect()}>
          <PlugZap size={14} aria-hidden /> <span>{state.status === 'closed' ? 'Reconnect' : 'Try now'}</span>
        </button>
      )}
      <dl className={styles.facts}>
        <Fact name="Data">{asOf === null ? 'Up to date' : `As of ${clockWords(asOf)}, ${agoWords(now - asOf)}`}</Fact>
        <Fact name="Last message">{view.lastMessageAt === null ? 'None yet' : agoWords(now - view.lastMessageAt)}</Fact>
        <Fact name="Lag">{latest === undefined ? 'Unknown' : `Median ${lagWords(latest.lagMedian)}, p99 ${lagWords(latest.lagP99)}`}</Fact>
        <Fact name="Received">{`${ofWords(counts.messages, 'message')}, ${ofWords(counts.events, 'event')}`}</Fact>
        <Fact name="Reconnects">{countWords(counts.reconnects)}</Fact>
        <Fact name="Duplicates">{`${countWords(counts.duplicates)} ignored`}</Fact>
      </dl>
      <h3>Gaps</h3>
      {view.gaps.length === 0 ? (
        <Empty title="No gaps since this page was opened" icon={CircleCheck} small />
      ) : (
        <ol className={styles.notes}>
          {view.gaps.toReversed().map(({ number, gap, at }) => (
            <li key={number}>
              <p>{gapWords(gap)}</p>
              <p className={styles.small}>
                <Ago at={at} />
                <span>{`${gapSpan(gap) === undefined ? '' : `, ${gapSpan(gap) ?? ''}`}. ${gapConsequence(gap)}`}</span>
              </p>
            </li>
          ))}
        </ol>
      )}
      {kept.length > 0 && (
        <>
          <h3>{`Problems (${countWords(counts.problems)})`}</h3>
          <ol className={styles.notes}>
            {kept.map((problem) => (
              <li key={`${problem.at}${problem.message}`}>
                <p>
                  <CircleAlert size={13} aria-hidden /> <span>{problem.message}</span>
                </p>
                <p className={styles.small}>
                  <span>{agoWords(now - problem.at)}</span>
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

/** Closes by Escape, and by a press anywhere else. */
function useDismiss(root: { readonly current: HTMLElement | null }, isOpen: boolean, close: () => void): void {
  const latest = useRef(close);
  useEffect(() => {
    latest.current = close;
  });
  useEffect(() => {
    if (!isOpen) return;
    const pressed = (event: PointerEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) latest.current();
    };
    const typed = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      latest.current();
      root.current?.querySelector('button')?.focus();
    };
    document.addEventListener('pointerdown', pressed);
    document.addEventListener('keydown', typed, true);
    return () => {
      document.removeEventListener('pointerdown', pressed);
      document.removeEventListener('keydown', typed, true);
    };
  }, [isOpen, root]);
}
