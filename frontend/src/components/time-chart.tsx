import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import styles from './time-chart.module.css';
import { useShownTheme } from './theme';

export interface ChartLine {
  readonly label: string;
  /** A custom property, such as `--running-fill`. */
  readonly color: string;
  readonly isFilled?: boolean;
  readonly isDashed?: boolean;
}

interface TimeChartProps {
  readonly lines: readonly ChartLine[];
  /** Unix seconds, then the values of each line. Changes in place, or is another; `version` tells. */
  readonly data: uPlot.AlignedData;
  readonly version: number;
  /** How many seconds are shown at most, and at least; the last is the newest. */
  readonly span: number;
  readonly leastSpan: number;
  /** Runs of seconds of which nothing is known, from first to last: hatched. */
  readonly unknown: readonly (readonly [from: number, to: number])[];
  /** What the chart says, in words. */
  readonly words: string;
  /** The top of the scale is at least this. */
  readonly least: number;
}

/** A small chart of the last seconds, which says the same in words. `lines` should be a constant. */
export function TimeChart({ lines, data, version, span, leastSpan, unknown, words, least }: TimeChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useShownTheme();
  const hatched = useRef(unknown);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf(element, lines, span, leastSpan, least, () => hatched.current),
      emptyData(lines.length),
      element,
    );
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [lines, span, leastSpan, least, theme]);

  useEffect(() => {
    hatched.current = unknown;
    chart.current?.setData(data);
  }, [data, unknown, version, theme]);

  return <div ref={host} className={styles.chart} role="img" aria-label={words} />;
}

function optionsOf(
  element: HTMLElement,
  lines: readonly ChartLine[],
  span: number,
  leastSpan: number,
  least: number,
  unknown: () => TimeChartProps['unknown'],
): uPlot.Options {
  const hatch = colorOf(element, '--line-strong');
  return {
    ...sizeOf(element),
    legend: { show: false },
    cursor: { show: false },
    padding: [4, 0, 2, 0],
    hooks: { drawClear: [(chart) => drawHatched(chart, unknown(), hatch)] },
    scales: {
      x: { time: false, range: (_, oldest, newest) => [Math.max(newest - span + 1, Math.min(oldest, newest - leastSpan + 1)), newest] },
      y: { range: (_, __, most) => [0, Math.max(least, most * 1.1)] },
    },
    axes: [{ show: false }, { show: false }],
    series: [
      {},
      ...lines.map(({ label, color, isFilled, isDashed }): uPlot.Series => {
        const stroke = colorOf(element, color);
        return {
          label,
          stroke,
          width: 1.5,
          points: { show: false },
          spanGaps: false,
          ...(isFilled === true && { fill: faint(stroke) }),
          ...(isDashed === true && { dash: [4, 3] }),
        };
      }),
    ],
  };
}

/** Draws slanted lines where nothing is known, in canvas pixels. */
function drawHatched(chart: uPlot, runs: TimeChartProps['unknown'], color: string): void {
  const { ctx, bbox } = chart;
  const gap = 6 * devicePixelRatio;
  for (const [from, to] of runs) {
    // A second is drawn as far as the points of its neighbours.
    const left = Math.max(bbox.left, chart.valToPos(from - 1, 'x', true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(to + 1, 'x', true));
    if (right <= left) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    for (let x = left - bbox.height; x < right; x += gap) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.setLineDash([]);
    ctx.strokeStyle = color;
    ctx.lineWidth = devicePixelRatio;
    ctx.stroke();
    ctx.restore();
  }
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(1, element.clientWidth), height: Math.max(1, element.clientHeight) };
}

function emptyData(lines: number): uPlot.AlignedData {
  return [[], ...Array.from({ length: lines }, () => [] as number[])];
}

/** A custom property as a canvas understands it. */
function colorOf(element: HTMLElement, property: string): string {
  element.style.color = `var(${property})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

function faint(color: string): string {
  return color.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.16)');
}
