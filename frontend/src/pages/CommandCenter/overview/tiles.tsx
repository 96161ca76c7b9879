import { useConnectionState, useRelay, useVersion } from 'cecelia-client/react';
import { CircleCheck, LoaderCircle, TriangleAlert } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { classNames } from '../../../components/class-names';
import { pageStallMs, useNow } from '../../../features/relay/page-clock';
import { connectionText, dataAsOf } from '../../../features/connection/connection-text';
import { recentEventDelays } from '../../../features/connection/event-delays';
import { gapSpan, gapText } from '../../../features/connection/gap-text';
import { type ChartLine, TimeChart } from '../../../components/time-chart';
import { uncertainText } from '../../../components/status-badge';
import { formatAgo, formatClock, formatCount, formatLag, formatShortCount } from '../../../format/format-time';
import { useSharedColumns } from '../board/use-task-columns';
import { chartData } from './chart-data';
import styles from './tiles.module.css';

const throughputLines: readonly ChartLine[] = [{ label: 'Events per second', color: '--running-fill', isFilled: true }];
const lagLines: readonly ChartLine[] = [
  { label: 'Median', color: '--done-fill', isFilled: true },
  { label: 'p99', color: '--paused-fill', isDashed: true },
];
const span = 120;
const minSpan = 30;

/** Connection, throughput, lag and task counts. */
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
  const text = connectionText(state, now, view.clockOffset, recentEventDelays(view.feed, now + view.clockOffset), pageStallMs());
  const asOf = dataAsOf(state, view.clockOffset, view.lastMessageAt);
  const gap = view.gaps.at(-1);
  const Icon = { good: CircleCheck, warning: LoaderCircle, unknown: LoaderCircle, bad: TriangleAlert }[text.health];
  return (
    <Tile title="Connection" tone={text.health}>
      <p className={styles.state}>
        <Icon size={26} strokeWidth={2} aria-hidden />
        <span>{text.short}</span>
      </p>
      <p className={styles.note} title={text.long}>
        {text.long}
      </p>
      <p className={styles.small}>
        {asOf !== null
          ? `Data as of ${formatClock(asOf)}, ${formatAgo(now - asOf)}`
          : gap === undefined
            ? `${view.lastMessageAt === null ? 'No messages yet' : `Last message ${formatAgo(now - view.lastMessageAt)}`} · no gaps`
            : [gapText(gap.gap), gapSpan(gap.gap), formatAgo(now + view.clockOffset - gap.at)].filter(Boolean).join(', ')}
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
      <Tile title="Throughput" aside={`mean ${formatRate(data.mean)} · peak ${formatRate(data.peak)}`}>
        <p className={styles.figure}>
          <span>{formatRate(data.now)}</span> <small>events/s</small>
        </p>
        <div className={styles.chart}>
          <TimeChart
            lines={throughputLines}
            data={data.throughput}
            version={version}
            span={span}
            minSpan={minSpan}
            unknown={data.unknown}
            description={data.throughputDescription}
            minMax={5}
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
          <span>{formatLag(data.median)}</span> <small>{`p99 ${formatLag(data.p99)}`}</small>
        </p>
        <div className={styles.chart}>
          <TimeChart
            lines={lagLines}
            data={data.lag}
            version={version}
            span={span}
            minSpan={minSpan}
            unknown={data.unknown}
            description={data.lagDescription}
            minMax={10}
          />
        </div>
      </Tile>
    </>
  );
}

function formatRate(rate: number | null): string {
  return rate === null ? '–' : formatShortCount(Math.round(rate));
}

function TasksTile() {
  const { view } = useRelay();
  const columns = useSharedColumns();
  const [running, queued] = [columns.column('running'), columns.column('queued')];
  const uncertain = columns.columns.reduce((sum, column) => sum + column.uncertain, 0);
  const counts = [
    { label: 'running', tone: styles.running, count: running.total - running.uncertain },
    { label: 'queued', tone: styles.waiting, count: queued.total - queued.uncertain },
    { label: 'completed', tone: styles.done, count: columns.column('completed').total },
    { label: 'failed', tone: styles.failed, count: columns.column('failed').total },
  ];
  const failed = columns.column('failed').total;
  const finished = columns.column('completed').total + failed;
  const failureRate = finished > 0 && (
    <span title={`${formatCount(failed)} of ${formatCount(finished)} finished tasks failed`}>
      {`${Math.round((failed / finished) * 100)}% failure rate`}
    </span>
  );
  return (
    <Tile title="Tasks" aside={uncertain > 0 ? <span title={uncertainText()}>{`${formatCount(uncertain)} uncertain`}</span> : failureRate}>
      <dl className={styles.counts}>
        {counts.map(({ label, tone, count }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className={classNames(count > 0 && tone)}>{view.hasState ? formatCount(count) : '–'}</dd>
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
