import { useRelay } from 'cecelia-client/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { classNames } from '../../../components/class-names';
import { ChoiceGroup } from '../../../components/choice-group';
import { useShownTheme } from '../../../components/theme';
import { navigate, useRoute, useShown } from '../../../features/navigation/route';
import { useShownConnection } from '../../../features/history/page-moment';
import { useNow } from '../../../features/relay/page-clock';
import { formatAgo, formatDuration } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import { TaskColumns } from '../board/task-columns';
import { useSharedColumns } from '../board/use-task-columns';
import { taskProject, taskTitle } from '../task/task-facts';
import { drawLanes, type LaneColors, type LaneDrawing, spanAt } from './draw-lanes';
import type { LaneSpan } from './lanes';
import { LanesTable } from './lanes-table';
import { knownUntil, type SlotHistory, SlotHistoryModel } from './slot-history';
import styles from './slot-lanes.module.css';

const minute = 60_000;
const choices = [5, 15, 60] as const;
type Minutes = (typeof choices)[number];
/** Distance of the vertical lines, in minutes. */
const ticks: Readonly<Record<Minutes, number>> = { 5: 1, 15: 5, 60: 10 };

/** What ran in which slot in the last minutes, drawn once a second. */
export function SlotLanes() {
  const { view } = useRelay();
  const connection = useShownConnection();
  const { project } = useRoute();
  const shared = useSharedColumns();
  const [shown, setShown] = useShown('slots', String(choices[0]));
  const minutes = choices.find((choice) => String(choice) === shown) ?? choices[0];
  const now = useNow();
  const model = useMemo(() => {
    const all = project === null ? shared : new TaskColumns(view);
    return new SlotHistoryModel(view, connection, all);
  }, [view, connection, shared, project]);
  const history = useMemo(() => model.read(now, minutes * minute), [model, now, minutes]);
  const count = history.groups.reduce((sum, { spans }) => sum + spans.length, 0);
  const hidden = history.groups.reduce((sum, group) => sum + group.hidden, 0);
  if (history.groups.length === 0 && count === 0) return null;
  return (
    <div className={styles.history}>
      <div className={styles.head}>
        <span title={t('overview.slots.lanes-hint')}>{count === 0 ? t('overview.slots.no-runs', { minutes }) : ''}</span>
        <ChoiceGroup<Minutes>
          label={t('overview.slots.span')}
          value={minutes}
          values={choices}
          nameOf={(choice) => t('overview.slots.minutes', { minutes: choice })}
          onChoose={(choice) => setShown(String(choice))}
        />
      </div>
      {history.groups.map((group) => (
        <div key={group.executor}>
          {group.executor !== '' && (
            <p className={styles.executor} translate="no">
              {group.executor}
            </p>
          )}
          <LanesCanvas history={history} group={group} minutes={minutes} project={project} />
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
  readonly minutes: Minutes;
  readonly project: string | null;
}

function LanesCanvas({ history, group, minutes, project }: LanesCanvasProps) {
  const { view } = useRelay();
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<LaneDrawing | null>(null);
  const [width, setWidth] = useState(0);
  const [hovered, setHovered] = useState<{ readonly span: LaneSpan; readonly x: number } | null>(null);
  const theme = useShownTheme();
  const laneHeight = group.lanes <= 6 ? 22 : group.lanes <= 20 ? 14 : 9;
  const height = Math.max(1, group.lanes) * laneHeight;

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);

  const colors = useRef<LaneColors | null>(null);
  useEffect(() => {
    colors.current = canvas.current === null ? null : colorsOf(canvas.current);
  }, [theme]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element == null || context == null || width === 0 || colors.current === null) return;
    const scale = devicePixelRatio;
    if (element.width !== Math.round(width * scale) || element.height !== Math.round(height * scale)) {
      element.width = Math.round(width * scale);
      element.height = Math.round(height * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    drawn.current = {
      group,
      from: history.from,
      to: history.to,
      width,
      laneHeight,
      tickMs: ticks[minutes] * minute,
      unknown: history.unknown,
      isFaded: ({ taskId }) => project !== null && view.sections.tasks.get(taskId)?.project_id !== project,
      knownUntil: ({ taskId }) => knownUntil(view.sections.tasks.get(taskId), history.to),
    };
    drawLanes(context, drawn.current, colors.current);
  }, [history, group, width, height, laneHeight, minutes, project, view, theme]);

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
  }, []);

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

/** Resolves the colors of the theme to ones that a canvas accepts. */
function colorsOf(element: HTMLElement): LaneColors {
  const of = (property: string) => {
    element.style.color = `var(${property})`;
    const { color } = getComputedStyle(element);
    element.style.color = '';
    return color;
  };
  return {
    bars: {
      waiting: of('--waiting-fill'),
      running: of('--running-fill'),
      done: of('--done-fill'),
      failed: of('--failed-fill'),
      paused: of('--paused-fill'),
      stopped: of('--waiting-fill'),
      other: of('--other-fill'),
    },
    faded: of('--waiting-soft'),
    line: of('--line'),
    hatch: of('--line-strong'),
  };
}
