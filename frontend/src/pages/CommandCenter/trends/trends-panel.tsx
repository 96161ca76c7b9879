import { memo, type ReactNode, useMemo } from 'react';
import buttons from '../../../components/button.module.css';
import { ChoiceGroup } from '../../../components/choice-group';
import { Panel } from '../../../components/panel';
import { type ChartLine, TimeChart } from '../../../components/time-chart';
import { useRoute, useShown } from '../../../features/navigation/route';
import { AsOfNow } from '../../../features/history/as-of-now';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { relaySentence } from '../../../features/relay/relay-reason';
import { RelaySentence } from '../../../features/relay/relay-sentence';
import { formatCount, formatDay, formatDuration, formatPercent } from '../../../format/format-time';
import { type MessageId, t } from '../../../i18n/messages';
import type { Minutes } from './minutes';
import type { Trends } from './trends';
import styles from './trends-panel.module.css';
import { type Period, periods, useTrends } from './use-trends';

const endedLines: readonly ChartLine[] = [
  { label: 'ended', color: '--done-fill', isFilled: true },
  { label: 'failed', color: '--failed-fill' },
];
const successLines: readonly ChartLine[] = [{ label: 'success', color: '--done-fill', isFilled: true }];
const timeLines: readonly ChartLine[] = [
  { label: 'median', color: '--running-fill', isFilled: true },
  { label: 'p95', color: '--paused-fill', isDashed: true },
];
const slotLines: readonly ChartLine[] = [{ label: 'slots', color: '--other-fill', isFilled: true }];

/** Trends of the last hour or day, from the minutes that the relay keeps. */
export const TrendsPanel = memo(function TrendsPanel() {
  const { project } = useRoute();
  const [shown, setShown] = useShown('trends', 'hour');
  const period = periods.find((name) => name === shown) ?? 'hour';
  const { minutes, trends, error, retry } = useTrends(project, period);
  return (
    <Panel
      title={t('trends.title')}
      aside={
        <ChoiceGroup<Period>
          label={t('trends.period')}
          value={period}
          values={periods}
          nameOf={(one) => t(`trends.period.${one}`)}
          onChoose={setShown}
        />
      }
    >
      <AsOfNow />
      {minutes === undefined || trends === undefined ? (
        <p className={styles.note} role="status">
          <span>{error === null ? t('trends.loading') : t('trends.failed', { reason: loadErrorText(error) })}</span>
          {error !== null && <RelaySentence text={relaySentence(error)} />}{' '}
          {error !== null && (
            <button type="button" className={buttons.button} onClick={retry}>
              {t('trends.retry')}
            </button>
          )}
        </p>
      ) : minutes.isLimited ? (
        <p className={styles.note}>{t('trends.limited')}</p>
      ) : (
        <Charts minutes={minutes} trends={trends} period={period} />
      )}
    </Panel>
  );
});

interface ChartsProps {
  readonly minutes: Minutes;
  readonly trends: Trends;
  readonly period: Period;
}

function Charts({ minutes, trends, period }: ChartsProps) {
  const { total, times } = trends;
  const data = useMemo(
    () => ({
      ended: [times, trends.ended, trends.failed],
      success: [times, trends.success],
      run: [times, trends.runMedian, trends.runP95],
      queue: [times, trends.queueMedian, trends.queueP95],
      slots: [times, trends.slots],
    }),
    [times, trends],
  );
  const slots = trends.slots.findLast((used) => used !== null) ?? null;
  const ended =
    total.ended === null || total.failed === null
      ? '–'
      : t('trends.ended.total', { ended: formatCount(total.ended), failed: formatCount(total.failed) });
  const chart = { trends, period };
  return (
    <>
      <div className={styles.charts}>
        <Chart {...chart} name="trends.ended" lines={endedLines} data={data.ended} minMax={1} figure={ended} />
        <Chart
          {...chart}
          name="trends.success"
          lines={successLines}
          data={data.success}
          minMax={100}
          figure={orUnknown(total.success, formatPercent)}
        />
        <Chart
          {...chart}
          name="trends.run"
          lines={timeLines}
          data={data.run}
          minMax={1000}
          figure={orUnknown(total.run, formatDuration)}
          isSpread
        />
        <Chart
          {...chart}
          name="trends.queue"
          lines={timeLines}
          data={data.queue}
          minMax={1000}
          figure={orUnknown(total.queue, formatDuration)}
          isSpread
        />
        <Chart
          {...chart}
          name="trends.slots"
          lines={slotLines}
          data={data.slots}
          minMax={total.allSlots ?? 1}
          figure={`${orUnknown(slots, formatCount)} ${total.allSlots === null ? '' : t('trends.slots.of', { count: total.allSlots })}`}
        />
      </div>
      <p className={styles.note}>{noteOf(minutes, trends)}</p>
    </>
  );
}

interface ChartProps {
  readonly name: MessageId;
  readonly trends: Trends;
  readonly period: Period;
  readonly lines: readonly ChartLine[];
  readonly data: (number | null)[][];
  readonly minMax: number;
  readonly figure: string;
  /** Shows a median and a 95th percentile. */
  readonly isSpread?: boolean;
}

function Chart({ name, trends, period, lines, data, minMax, figure, isSpread = false }: ChartProps): ReactNode {
  const { times } = trends;
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0) + 1;
  return (
    <figure className={styles.chart}>
      <figcaption>
        <span>{t(name)}</span>
        {isSpread && <small>{t('trends.spread')}</small>}
        <b>{figure}</b>
      </figcaption>
      <div className={styles.plot}>
        <TimeChart
          lines={lines}
          data={data as [number[], ...(number | null)[][]]}
          version={times.at(-1) ?? 0}
          span={span}
          minSpan={span}
          unknown={trends.unknown}
          description={t('trends.describe', { name: t(name), period, value: figure })}
          minMax={minMax}
        />
      </div>
    </figure>
  );
}

function orUnknown(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}

/** What is not known, and why. The current minute is never complete, and does not count. */
function noteOf({ since, reason, from }: Minutes, { total }: Trends): string {
  if (since === null) return t('trends.none');
  const unknown = Math.max(0, total.minutes - 1 - total.complete);
  const parts = [
    since > from ? t('trends.since', { time: formatDay(since, Date.now()), reason }) : '',
    unknown > 0 ? t('trends.unknown', { unknown }) : '',
  ];
  return parts.filter(Boolean).join(' ');
}
