import { useRelay } from 'cecelia-client/react';
import { type RefObject, useEffect, useRef } from 'react';
import { useShownTheme } from '../../../components/theme';
import { useSize } from '../../../components/use-size';
import { useRoute } from '../../../features/navigation/route';
import { taskTitle } from '../task/task-facts';
import { drawLanes, type LaneColors, type LaneDrawing } from './draw-lanes';
import { type LaneMinutes, minuteMs, tickMinutes } from './lane-minutes';
import { knownUntil, type SlotGroup, type SlotHistory } from './slot-history';

interface LanesCanvasOptions {
  readonly history: SlotHistory;
  readonly group: SlotGroup;
  readonly minutes: LaneMinutes;
  /** Whether the bars have the titles of their tasks, in the font of the canvas. */
  readonly isLabeled: boolean;
}

interface LanesCanvas {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  /** What was drawn last; `null`: nothing yet. */
  readonly drawn: RefObject<LaneDrawing | null>;
  /** In CSS pixels. */
  readonly width: number;
}

/** Space above and below a bar in CSS pixels, and as a part of the font size if there are titles. */
const gapPx = 2;
const gapOfFont = 0.12;

/** Draws the lanes of an executor on a canvas, whose size the style decides. */
export function useLanesCanvas({ history, group, minutes, isLabeled }: LanesCanvasOptions): LanesCanvas {
  const { view } = useRelay();
  const { project } = useRoute();
  const drawn = useRef<LaneDrawing | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(canvas);
  const theme = useShownTheme();

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
    const { fontWeight, fontSize, fontFamily } = getComputedStyle(element);
    const sizePx = parseFloat(fontSize);
    const titleOf = (taskId: string) => {
      const task = view.sections.tasks.get(taskId);
      return task === undefined ? taskId : taskTitle(task);
    };
    drawn.current = {
      group,
      from: history.from,
      to: history.to,
      width,
      laneHeight: height / Math.max(1, group.lanes),
      gap: isLabeled ? Math.max(gapPx, gapOfFont * sizePx) : gapPx,
      tickMs: tickMinutes[minutes] * minuteMs,
      unknown: history.unknown,
      isFaded: ({ taskId }) => project !== null && view.sections.tasks.get(taskId)?.project_id !== project,
      knownUntil: ({ taskId }) => knownUntil(view.sections.tasks.get(taskId), history.to),
      labels: isLabeled ? { font: `${fontWeight} ${fontSize} ${fontFamily}`, sizePx, of: ({ taskId }) => titleOf(taskId) } : null,
    };
    drawLanes(context, drawn.current, colors.current);
  }, [history, group, width, height, minutes, isLabeled, project, view, theme]);
  return { canvas, drawn, width };
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
    label: of('--on-fill'),
  };
}
