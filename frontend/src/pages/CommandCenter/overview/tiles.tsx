import { useConnectionState, useRelay, useVersion } from 'cecelia-client/react';
import { CircleCheck, History, LoaderCircle, TriangleAlert } from 'lucide-react';
import { memo, type ReactNode, useMemo } from 'react';
import { classNames } from '../../../components/class-names';
import { uncertainText } from '../../../components/status-badge';
import { type ChartLine, TimeChart } from '../../../components/time-chart';
import { useIsPast } from '../../../features/history/page-moment';
import { connectionText, dataAsOf } from '../../../features/connection/connection-text';
import { recentEventDelays } from '../../../features/connection/event-delays';
import { gapSpan, gapText } from '../../../features/connection/gap-text';
import { pageStallMs, useNow } from '../../../features/relay/page-clock';
import { formatAgo, formatClock, formatCount, formatLag, formatShortCount } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import { chartData } from './chart-data';
import type { Overview } from './overview-model';
import styles from './tiles.module.css';

const throughputLines: readonly ChartLine[] = [{ label: 'events', color: '--running-fill', isFilled: true }];
const lagLines: readonly ChartLine[] = [
  { label: 'median', color: '--done-fill', isFilled: true },
  { label: 'p99', color: '--paused-fill', isDashed: true },
];
const span = 120;
const minSpan = 30;

interface TilesProps {
  readonly overview: Overview;
  /** Whether a project is selected. The stream is that of all projects. */
  readonly isNarrowed: boolean;
}

/** Connection, throughput, lag and task counts. */
export function Tiles({ overview, isNarrowed }: TilesProps) {
  const isPast = useIsPast();
  return (
    <div className={styles.tiles}>
      <TasksTile overview={overview} />
      {isPast ? <MomentTile /> : <ConnectionTile />}
      <StreamTiles isNarrowed={isNarrowed} />
    </div>
  );
}

/** In place of the connection, while an earlier moment is shown. */
function MomentTile() {
  const { view } = useRelay();
  const now = useNow() + view.clockOffset;
  useVersion('gaps');
  const gap = view.gaps.at(-1);
  return (
    <Tile title={t('overview.connection')} tone="unknown">
      <p className={styles.state}>
        <History size={20} strokeWidth={2.25} aria-hidden />
        <span>{t('history.connection')}</span>
      </p>
      <p className={styles.note}>{t('history.connection.note', { time: formatClock(now) })}</p>
      <p className={styles.small}>
        {gap === undefined
          ? t('history.connection.no-gaps')
          : [gapText(gap.gap), gapSpan(gap.gap), formatAgo(now - gap.at)].filter(Boolean).join(', ')}
      </p>
    </Tile>
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
    <Tile title={t('overview.connection')} tone={text.health}>
      <p className={styles.state}>
        <Icon size={20} strokeWidth={2.25} aria-hidden />
        <span>{text.short}</span>
      </p>
      <p className={styles.note} title={text.long}>
        {text.long}
      </p>
      <p className={styles.small}>
        {asOf !== null
          ? t('overview.connection.as-of', { time: formatClock(asOf), ago: formatAgo(now - asOf) })
          : gap === undefined
            ? `${lastMessageText(view.lastMessageAt, now)} · ${t('overview.connection.no-gaps')}`
            : [gapText(gap.gap), gapSpan(gap.gap), formatAgo(now + view.clockOffset - gap.at)].filter(Boolean).join(', ')}
      </p>
    </Tile>
  );
}

function lastMessageText(at: number | null, now: number): string {
  return at === null ? t('overview.connection.no-messages') : t('overview.connection.last-message', { ago: formatAgo(now - at) });
}

const StreamTiles = memo(function StreamTiles({ isNarrowed }: { readonly isNarrowed: boolean }) {
  const { view } = useRelay();
  const version = useVersion('seconds');
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the seconds change in place, `version` changes with them
  const data = useMemo(() => chartData(view.seconds), [view, version]);
  const scope = isNarrowed ? t('overview.all-projects') : null;
  return (
    <>
      <Tile
        title={t('overview.throughput')}
        aside={scope ?? t('overview.throughput.mean', { mean: formatRate(data.mean), peak: formatRate(data.peak) })}
      >
        <p className={styles.figure}>
          <span>{formatRate(data.now)}</span> <small>{t('overview.throughput.unit')}</small>
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
        title={t('overview.lag')}
        aside={
          scope ?? (
            <span className={styles.legend}>
              <i className={styles.medianKey} /> <span>{t('overview.lag.median')}</span> <i className={styles.p99Key} />{' '}
              <span>{t('overview.lag.p99')}</span>
            </span>
          )
        }
      >
        <p className={styles.figure}>
          <span>{formatLag(data.median)}</span> <small>{`${t('overview.lag.p99')} ${formatLag(data.p99)}`}</small>
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
});

function formatRate(rate: number | null): string {
  return rate === null ? '–' : formatShortCount(Math.round(rate));
}

function TasksTile({ overview }: { readonly overview: Overview }) {
  const { counts, uncertain, hasState } = overview;
  const finished = counts.completed + counts.failed;
  const failureRate = finished > 0 && (
    <span title={t('overview.tasks.failure-rate.hint', { failed: counts.failed, finished })}>
      {t('overview.tasks.failure-rate', { rate: counts.failed / finished })}
    </span>
  );
  return (
    <Tile
      title={t('overview.tasks')}
      aside={uncertain > 0 ? <span title={uncertainText()}>{t('overview.uncertain-count', { count: uncertain })}</span> : failureRate}
    >
      <dl className={styles.counts}>
        {(['running', 'queued', 'completed', 'failed'] as const).map((name) => (
          <div key={name}>
            <dt>{t(`overview.tasks.${name}`)}</dt>
            <dd className={classNames(counts[name] > 0 && styles[name])} data-count={name}>
              {hasState ? formatCount(counts[name]) : '–'}
            </dd>
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
