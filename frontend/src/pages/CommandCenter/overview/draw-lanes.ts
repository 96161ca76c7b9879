import type { StatusKind } from '../../../format/status-kind';
import type { LaneSpan } from './lanes';
import type { SlotGroup } from './slot-history';

/** Colors of the lanes, resolved from the theme. */
export interface LaneColors {
  readonly bars: Readonly<Record<StatusKind, string>>;
  readonly faded: string;
  readonly line: string;
  readonly hatch: string;
  readonly label: string;
}

/** The texts of the bars. */
interface LaneLabels {
  /** As in CSS. */
  readonly font: string;
  readonly sizePx: number;
  readonly of: (span: LaneSpan) => string;
}

/** What is drawn, in CSS pixels and Unix milliseconds. */
export interface LaneDrawing {
  readonly group: SlotGroup;
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly laneHeight: number;
  /** Space above and below a bar. */
  readonly gap: number;
  /** Distance of the vertical lines, in milliseconds. */
  readonly tickMs: number;
  readonly unknown: readonly (readonly [from: number, to: number])[];
  /** Whether a run is of another project than the selected one. */
  readonly isFaded: (span: LaneSpan) => boolean;
  /** Until when it is known that an unfinished run has been running. */
  readonly knownUntil: (span: LaneSpan) => number;
  readonly labels: LaneLabels | null;
}

const minWidth = 2;
/** Shortest bar with a text, height of a line, and the space before the text, in sizes of the font. */
const labelWidth = 3;
const lineHeight = 1.15;
const labelPadding = 0.4;
const maxLines = 2;
const maxLabel = 200;

/** Draws the lanes of an executor. */
export function drawLanes(context: CanvasRenderingContext2D, drawing: LaneDrawing, colors: LaneColors): void {
  const { group, from, to, width, laneHeight, gap, tickMs, unknown, isFaded, knownUntil, labels } = drawing;
  const barHeight = laneHeight - 2 * gap - 1;
  const height = group.lanes * laneHeight;
  const x = (at: number) => ((at - from) / (to - from)) * width;
  context.clearRect(0, 0, width, height);
  context.fillStyle = colors.line;
  for (let at = Math.ceil(from / tickMs) * tickMs; at < to; at += tickMs) context.fillRect(Math.round(x(at)), 0, 1, height);
  for (let lane = 1; lane < group.lanes; lane++) context.fillRect(0, lane * laneHeight - 1, width, 1);
  for (const span of group.spans) {
    if (span.lane === null) continue;
    const until = span.to ?? knownUntil(span);
    const left = Math.max(0, x(span.from));
    const right = Math.min(width, Math.max(left + minWidth, x(until)));
    const top = span.lane * laneHeight + gap;
    context.fillStyle = isFaded(span) ? colors.faded : colors.bars[span.outcome];
    // A gap of one pixel between a run and the next one in the lane.
    context.fillRect(left, top, Math.max(minWidth, right - left - 1), barHeight);
    if (span.to === null && until < to) hatch(context, right, top, width - right, barHeight, colors.hatch);
    if (labels !== null && !isFaded(span)) {
      context.fillStyle = colors.label;
      drawLabel(context, labels, labels.of(span), { left, top, width: right - left, height: barHeight });
    }
  }
  for (const [start, end] of unknown) {
    const left = Math.max(0, x(start));
    hatch(context, left, 0, Math.max(minWidth, Math.min(width, x(end)) - left), height, colors.hatch);
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Writes a text into a bar, in as many lines as have room. */
function drawLabel(context: CanvasRenderingContext2D, { font, sizePx }: LaneLabels, text: string, { left, top, width, height }: Box): void {
  const count = Math.min(maxLines, Math.floor(height / (lineHeight * sizePx)));
  if (count === 0 || width < labelWidth * sizePx) return;
  const padding = labelPadding * sizePx;
  context.font = font;
  context.textBaseline = 'middle';
  const lines = linesOf(context, text, width - 2 * padding, count);
  for (const [index, line] of lines.entries())
    context.fillText(line, left + padding, top + height / 2 + (index - (lines.length - 1) / 2) * lineHeight * sizePx);
}

/** Breaks a text into lines of a width, at spaces where there are some. The last line ends with an ellipsis if the text is longer. */
function linesOf(context: CanvasRenderingContext2D, text: string, width: number, count: number): readonly string[] {
  const lines: string[] = [];
  let rest = Array.from(text.slice(0, maxLabel));
  while (context.measureText(rest.join('')).width > width && lines.length < count - 1) {
    const fits = fitting(context, rest, width, '');
    const space = rest.slice(0, fits + 1).lastIndexOf(' ');
    const end = space > 0 ? space : Math.max(1, fits);
    lines.push(rest.slice(0, end).join(''));
    rest = rest.slice(rest[end] === ' ' ? end + 1 : end);
  }
  const isWhole = context.measureText(rest.join('')).width <= width;
  const last = isWhole
    ? rest.join('')
    : `${rest
        .slice(0, fitting(context, rest, width, '…'))
        .join('')
        .trimEnd()}…`;
  return [...lines, last];
}

/** Number of characters that fit into a width with what follows them. */
function fitting(context: CanvasRenderingContext2D, characters: readonly string[], width: number, end: string): number {
  let [fits, tooMany] = [0, characters.length + 1];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (context.measureText(`${characters.slice(0, middle).join('')}${end}`).width <= width) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

function hatch(context: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, color: string): void {
  if (width <= 0) return;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.beginPath();
  // Lines at fixed places of the canvas, so that they do not move while the rectangle grows.
  for (let x = Math.floor((left - height) / 6) * 6; x < left + width; x += 6) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

/** Returns the run at a point of the drawing, with a margin for thin bars. */
export function spanAt({ group, from, to, width, laneHeight }: LaneDrawing, x: number, y: number): LaneSpan | null {
  const lane = Math.floor(y / laneHeight);
  const at = from + (x / width) * (to - from);
  const margin = (3 / width) * (to - from);
  let nearest: LaneSpan | null = null;
  for (const span of group.spans) {
    if (span.lane !== lane || at < span.from - margin || at > (span.to ?? to) + margin) continue;
    nearest = span;
    if (at >= span.from && at <= (span.to ?? to)) break;
  }
  return nearest;
}
