import { CircleCheck, LoaderCircle, TriangleAlert } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { classNames } from '../../../components/class-names';
import { pageStallMs, useNow } from '../../../components/clock';
import { connectionWords, dataAsOf } from '../../../components/connection-words';
import { recentDelays } from '../../../components/delays';
import { gapSpan, gapWords } from '../../../components/gap-words';
import { useConnectionState, useRelay, useVersion } from '../../../components/relay-context';
import { type ChartLine, TimeChart } from '../../../components/time-chart';
import { uncertainWords } from '../../../components/status-mark';
import { agoWords, clockWords, countWords, lagWords, shortCountWords } from '../../../components/time-words';
import { useSharedColumns } from '../board/use-task-columns';
import { chartData } from './chart-data';
import styles from './tiles.module.css';

const throughputLines: readonly ChartLine[] = [{ label: 'Events per second', color: '--running-fill', isFilled: true }];
const lagLines: readonly ChartLine[] = [
  { label: 'Median', color: '--done-fill', isFilled: true },
  { label: 'p99', color: '--paused-fill', isDashed: true },
];
const span = 120;
const leastSpan = 30;

/** Connection, throughput, lag and how the tasks stand, at one glance. */
export function Tiles() {
  return (
    <div className={styles.tiles}>
      <ConnectionTile />
      <StreamTiles />
      <TasksTile />
    </div>
  );
}

function ConnectionTile() {
  const { view } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  useVersion('gaps');
  const words = connectionWords(state, now, view.clockOffset, recentDelays(view.feed, now + view.clockOffset), pageStallMs());
  const asOf = dataAsOf(state, view.clockOffset, view.lastMessageAt);
  const gap = view.gaps.at(-1);
  const Icon = { good: CircleCheck, warning: LoaderCircle, unknown: LoaderCircle, bad: TriangleAlert }[words.health];
  return (
    <Tile title="Connection" tone={words.health}>
      <p className={styles.state}>
        <Icon size={26} strokeWidth={2} aria-hidden />
        <span>{words.short}</span>
      </p>
      <p className={styles.note} title={words.long}>
        {words.long}
      </p>
      <p className={styles.small}>
        {asOf !== null
          ? `Data as of ${clockWords(asOf)}, ${agoWords(now - asOf)}`
          : gap === undefined
            ? `${view.lastMessageAt === null ? 'No messages yet' : `Last message ${agoWords(now - view.lastMessageAt)}`} · no gaps`
            : [gapWords(gap.gap), gapSpan(gap.gap), agoWords(now + view.clockOffset - gap.at)].filter(Boolean).join(', ')}
      </p>
    </Tile>
  );
}

function StreamTiles() {
  const { view } = useRelay();
  const version = useVersion('seconds');
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the seconds change in place, `version` changes with them
  const data = useMemo(() => chartData(view.seconds), [view, version]);
  return (
    <>
      <Tile title="Throughput" aside={`mean ${rateWords(data.mean)} · peak ${rateWords(data.peak)}`}>
        <p className={styles.figure}>
          <span>{rateWords(data.now)}</span> <small>events/s</small>
        </p>
        <div className={styles.chart}>
          <TimeChart
            lines={throughputLines}
            data={data.throughput}
            version={version}
            span={span}
            leastSpan={leastSpan}
            unknown={data.unknown}
            words={data.throughputWords}
            least={5}
          />
        </div>
      </Tile>
      <Tile
        title="Lag"
        aside={
          <span className={styles.legend}>
            <i className={styles.medianKey} /> <span>median</span> <i className={styles.p99Key} /> <span>p99</span>
          </span>
        }
      >
        <p className={styles.figure}>
          <span>{lagWords(data.median)}</span> <small>{`p99 ${lagWords(data.p99)}`}</small>
        </p>
        <div className={styles.chart}>
          <TimeChart
            lines={lagLines}
            data={data.lag}
            version={version}
            span={span}
            leastSpan={leastSpan}
            unknown={data.unknown}
            words={data.lagWords}
            least={10}
          />
        </div>
      </Tile>
    </>
  );
}

function rateWords(rate: number | null): string {
  return rate === null ? '–' : shortCountWords(Math.round(rate));
}

function TasksTile() {
  const { view } = useRelay();
  const columns = useSharedColumns();
  const [running, queued] = [columns.column('running'), columns.column('queued')];
  const uncertain = columns.columns.reduce((sum, column) => sum + column.uncertain, 0);
  const counts = [
    { word: 'running', tone: styles.running, count: running.total - running.uncertain },
    { word: 'queued', tone: styles.waiting, count: queued.total - queued.uncertain },
    { word: 'completed', tone: styles.done, count: columns.column('completed').total },
    { word: 'failed', tone: styles.failed, count: columns.column('failed').total },
  ];
  const ended = (counts[2]?.count ?? 0) + (counts[3]?.count ?? 0);
  const failureRate = ended === 0 ? undefined : `${Math.round(((counts[3]?.count ?? 0) / ended) * 100)}% failure rate`;
  return (
    <Tile title="Tasks" aside={uncertain > 0 ? <span title={uncertainWords}>{`${countWords(uncertain)} uncertain`}</span> : failureRate}>
      <dl className={styles.counts}>
        {counts.map(({ word, tone, count }) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd className={classNames(count > 0 && tone)}>{view.hasState ? countWords(count) : '–'}</dd>
          </div>
        ))}
      </dl>
    </Tile>
  );
}

interface TileProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly tone?: 'good' | 'warning' | 'bad' | 'unknown';
  readonly children: ReactNode;
}

function Tile({ title, aside, tone, children }: TileProps) {
  return (
    <section className={classNames(styles.tile, tone !== undefined && styles[tone])} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span>{aside}</span>
      </header>
      {children}
    </section>
  );
}
