import { useRelay } from 'cecelia-client/react';
import { useEffect, useState } from 'react';
import { classNames } from '../../../components/class-names';
import { ChoiceGroup } from '../../../components/choice-group';
import { navigate } from '../../../features/navigation/route';
import { formatAgo, formatDuration } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import { taskProject, taskTitle } from '../task/task-facts';
import { spanAt } from './draw-lanes';
import { type LaneMinutes, laneMinutes, useLaneMinutes } from './lane-minutes';
import type { LaneSpan } from './lanes';
import { LanesTable } from './lanes-table';
import type { SlotHistory } from './slot-history';
import styles from './slot-lanes.module.css';
import { useLanesCanvas } from './use-lanes-canvas';
import { useSlotHistory } from './use-slot-history';

/** What ran in which slot in the last minutes, drawn once a second. */
export function SlotLanes() {
  const [minutes, setMinutes] = useLaneMinutes(5);
  const history = useSlotHistory(minutes);
  const count = history.groups.reduce((sum, { spans }) => sum + spans.length, 0);
  const hidden = history.groups.reduce((sum, group) => sum + group.hidden, 0);
  if (history.groups.length === 0 && count === 0) return null;
  return (
    <div className={styles.history}>
      <div className={styles.head}>
        <span title={t('overview.slots.lanes-hint')}>{count === 0 ? t('overview.slots.no-runs', { minutes }) : ''}</span>
        <ChoiceGroup<LaneMinutes>
          label={t('overview.slots.span')}
          value={minutes}
          values={laneMinutes}
          nameOf={(choice) => t('overview.slots.minutes', { minutes: choice })}
          onChoose={setMinutes}
        />
      </div>
      {history.groups.map((group) => (
        <div key={group.executor}>
          {group.executor !== '' && (
            <p className={styles.executor} translate="no">
              {group.executor}
            </p>
          )}
          <LanesCanvas history={history} group={group} minutes={minutes} />
        </div>
      ))}
      <p className={styles.axis} aria-hidden>
        <span>{t('overview.slots.ago', { minutes })}</span>
        <span>{t('overview.slots.now')}</span>
      </p>
      {hidden > 0 && <p className={styles.note}>{t('overview.slots.hidden', { count: hidden })}</p>}
      <LanesTable history={history} />
    </div>
  );
}

interface LanesCanvasProps {
  readonly history: SlotHistory;
  readonly group: SlotHistory['groups'][number];
  readonly minutes: LaneMinutes;
}

function LanesCanvas({ history, group, minutes }: LanesCanvasProps) {
  const { canvas, drawn, width } = useLanesCanvas({ history, group, minutes, isLabeled: false });
  const [hovered, setHovered] = useState<{ readonly span: LaneSpan; readonly x: number } | null>(null);
  const laneHeight = group.lanes <= 6 ? 22 : group.lanes <= 20 ? 14 : 9;
  const height = Math.max(1, group.lanes) * laneHeight;

  // On the canvas itself: to the accessibility tree it is an image, and the table has the links.
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const find = (event: MouseEvent) => {
      const box = element.getBoundingClientRect();
      const x = event.clientX - box.left;
      const span = drawn.current === null ? null : spanAt(drawn.current, x, event.clientY - box.top);
      return span === null ? null : { span, x };
    };
    const onMove = (event: MouseEvent) => setHovered(find(event));
    const onLeave = () => setHovered(null);
    const onClick = (event: MouseEvent) => {
      const found = find(event);
      if (found !== null) navigate({ task: found.span.taskId });
    };
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerleave', onLeave);
    element.addEventListener('click', onClick);
    return () => {
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerleave', onLeave);
      element.removeEventListener('click', onClick);
    };
  }, [canvas, drawn]);

  return (
    <div className={styles.lanes}>
      <div role="img" aria-label={t('overview.slots.chart', { minutes, count: group.spans.length })}>
        <canvas ref={canvas} className={classNames(styles.canvas, hovered !== null && styles.isOver)} style={{ height }} />
      </div>
      {hovered !== null && <Tip span={hovered.span} at={history.to} x={hovered.x} width={width} />}
    </div>
  );
}

interface TipProps {
  readonly span: LaneSpan;
  readonly at: number;
  readonly x: number;
  readonly width: number;
}

function Tip({ span, at, x, width }: TipProps) {
  const { view } = useRelay();
  const task = view.sections.tasks.get(span.taskId);
  const duration = formatDuration((span.to ?? at) - span.from);
  return (
    <div className={styles.tip} style={x < width / 2 ? { left: x } : { right: width - x }}>
      <strong translate="no">{task === undefined ? span.taskId : taskTitle(task)}</strong>
      <span>
        {span.to === null
          ? t('overview.slots.still-running', { duration })
          : t('overview.slots.ran', { duration, ago: formatAgo(at - span.to) })}
      </span>
      <span translate="no">{task === undefined ? '' : taskProject(task)}</span>
    </div>
  );
}
