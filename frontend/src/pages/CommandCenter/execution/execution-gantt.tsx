import { useRef } from 'react';
import { gapText } from '../../../features/connection/gap-text';
import { formatDuration } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import styles from './execution-gantt.module.css';
import { formatRate, NodeRow } from './node-row';
import type { Interval } from './node-spans';
import { placeOn, ticksOf } from './time-axis';
import type { Timeline } from './timeline';
import { useSize } from '../../../components/use-size';

interface ExecutionGanttProps {
  readonly timeline: Timeline;
  readonly selected: string | null;
  readonly hovered: string | null;
  readonly onSelect: (id: string) => void;
  readonly onHover: (id: string | null) => void;
}

const tickPx = 88;
/** Room for the label of a tick, in pixels: what does not fit at the end of the axis is not cut off, but left out. */
const labelPx = 72;

/** The nodes of an execution on a time axis, in topological order, with the rates of tokens and log lines below. A list: the bars repeat its text. */
export function ExecutionGantt({ timeline, selected, hovered, onSelect, onHover }: ExecutionGanttProps) {
  const { axis, rows } = timeline;
  const plot = useRef<HTMLSpanElement>(null);
  const { width } = useSize(plot);
  const ticks = axis === null ? [] : ticksOf(axis, Math.max(2, Math.floor(width / tickPx)));
  const onKeyDown = (event: React.KeyboardEvent) => {
    const buttons = [...event.currentTarget.querySelectorAll('button')];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const next = nextIndex(event.key, at, buttons.length);
    const id = rows[next ?? -1]?.node.id;
    if (next === null || id === undefined) return;
    event.preventDefault();
    buttons[next]?.focus();
    onSelect(id);
  };
  return (
    <div className={styles.panel}>
      <div className={styles.gantt}>
        <div className={styles.axis} aria-hidden>
          <span className={styles.plot} ref={plot}>
            {ticks.map(({ ms, place }) => (
              <span key={ms} className={styles.tick} style={{ left: `${place * 100}%` }}>
                {ms === 0 ? '0' : (1 - place) * width < labelPx ? '' : formatDuration(ms)}
              </span>
            ))}
          </span>
        </div>
        <div className={styles.content}>
          {axis !== null && (
            <div className={styles.overlay} aria-hidden>
              <span className={styles.plot}>
                {ticks.map(({ ms, place }) => (
                  <i key={ms} className={styles.line} style={{ left: `${place * 100}%` }} />
                ))}
                {timeline.gaps.map((gap) => (
                  <Band key={gap.number} axis={axis} span={gap} title={gapText(gap.gap)} />
                ))}
              </span>
            </div>
          )}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the arrow keys move between the buttons of the list */}
          <ul className={styles.rows} aria-label={t('execution.nodes')} onKeyDown={onKeyDown}>
            {rows.map((row) => (
              <NodeRow
                key={row.node.id}
                {...row}
                axis={axis ?? { from: 0, to: 1 }}
                isSelected={row.node.id === selected}
                isHovered={row.node.id === hovered}
                onSelect={onSelect}
                onHover={onHover}
              />
            ))}
          </ul>
          {axis !== null && (
            <div className={styles.tracks}>
              <Track
                axis={axis}
                name={t('execution.gantt.tokens')}
                label={t('execution.gantt.tokens.label')}
                rates={timeline.tokenRates}
                knownFrom={timeline.knownFrom}
                className={styles.tokens}
              />
              <Track
                axis={axis}
                name={t('execution.gantt.logs')}
                label={t('execution.gantt.logs.label')}
                rates={timeline.logRates}
                knownFrom={timeline.knownFrom}
                className={styles.logs}
              />
            </div>
          )}
        </div>
      </div>
    </div>
  );
}

interface TrackProps {
  readonly axis: Interval;
  readonly name: string;
  readonly label: string;
  /** Per second, in equal parts of the axis. */
  readonly rates: readonly number[];
  /** Before this time nothing is known; `null`: all is unknown. */
  readonly knownFrom: number | null;
  readonly className: string | undefined;
}

/** A rate over time. The time that is not known is hatched. */
function Track({ axis, name, label, rates, knownFrom, className }: TrackProps) {
  const peak = Math.max(0, ...rates);
  const points = rates.map((rate, at) => `${at},${1 - rate / (peak || 1)} ${at + 1},${1 - rate / (peak || 1)}`).join(' ');
  const unknown = { from: axis.from, to: Math.min(axis.to, knownFrom ?? axis.to) };
  return (
    <div className={styles.track}>
      <span className={styles.trackName}>{name}</span>
      <span
        className={styles.plot}
        role="img"
        aria-label={
          knownFrom === null
            ? t('execution.gantt.unknown', { name: label })
            : t('execution.gantt.peak', { name: label, peak: formatRate(peak) })
        }
      >
        {peak > 0 && (
          <svg className={className} viewBox={`0 0 ${rates.length} 1`} preserveAspectRatio="none">
            <polygon points={`0,1 ${points} ${rates.length},1`} />
          </svg>
        )}
        {unknown.to > unknown.from && <Band axis={axis} span={unknown} title={t('execution.gantt.before')} />}
      </span>
      <span className={styles.length}>{knownFrom === null ? '–' : formatRate(peak)}</span>
    </div>
  );
}

function Band({ axis, span, title }: { readonly axis: Interval; readonly span: Interval; readonly title: string }) {
  const { left, width } = placeOn(axis, span);
  return <i className={styles.band} style={{ left: `${left}%`, width: `${width}%` }} title={title} />;
}

/** Returns the place to which a key moves; `null`: it is another key. */
function nextIndex(key: string, at: number, count: number): number | null {
  if (at < 0) return null;
  switch (key) {
    case 'ArrowDown':
      return Math.min(at + 1, count - 1);
    case 'ArrowUp':
      return Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
