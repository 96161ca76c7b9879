import type { Density } from './density';

interface TimelineColors {
  readonly bar: string;
  readonly failed: string;
  readonly line: string;
  readonly gap: string;
  readonly ground: string;
}

/** Height of the ticks of failures. */
const tickHeight = 6;
const hatchDistance = 6;

/** Draws the events of the history in CSS pixels. */
export function drawTimeline(
  context: CanvasRenderingContext2D,
  { counts, most, failed, uncertain, gaps }: Density,
  { width, height }: { readonly width: number; readonly height: number },
  colors: TimelineColors,
): void {
  context.clearRect(0, 0, width, height);
  const columnWidth = width / counts.length;
  const barHeight = height - tickHeight - 2;
  context.fillStyle = colors.ground;
  context.fillRect(0, height - 1, width, 1);
  context.fillStyle = colors.bar;
  context.globalAlpha = 0.55;
  for (const [column, count] of counts.entries()) {
    if (count === 0) continue;
    // The square root keeps a single event visible beside a burst.
    const length = Math.max(2, Math.sqrt(count / most) * barHeight);
    context.fillRect(column * columnWidth, height - length, Math.max(1, columnWidth - 1), length);
  }
  context.globalAlpha = 1;
  context.fillStyle = colors.failed;
  for (const column of failed) context.fillRect(column * columnWidth, 0, Math.max(2, columnWidth - 1), tickHeight);
  context.globalAlpha = 0.4;
  for (const [from, to] of uncertain) hatch(context, from * width, (to - from) * width, height, colors.line);
  context.globalAlpha = 1;
  for (const [from, to] of gaps) {
    const length = Math.max(3, (to - from) * width);
    context.fillStyle = colors.gap;
    context.fillRect(from * width, height - 2, length, 2);
    hatch(context, from * width, length, height, colors.gap);
  }
}

function hatch(context: CanvasRenderingContext2D, left: number, width: number, height: number, color: string): void {
  context.save();
  context.beginPath();
  context.rect(left, 0, width, height);
  context.clip();
  context.beginPath();
  for (let x = left - height; x < left + width; x += hatchDistance) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.strokeStyle = color;
  context.stroke();
  context.restore();
}
