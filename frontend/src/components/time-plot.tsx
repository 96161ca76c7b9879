import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import styles from './time-plot.module.css';
import { useShownTheme } from './theme';

export interface ChartLine {
  readonly label: string;
  /** A CSS custom property, such as `--running-fill`. */
  readonly color: string;
  readonly isFilled?: boolean;
  readonly isDashed?: boolean;
}

export interface TimePlotProps {
  readonly lines: readonly ChartLine[];
  /** Unix seconds, then the values of each line. May be mutated in place; `version` changes with the content. */
  readonly data: uPlot.AlignedData;
  readonly version: number;
  /** Maximum and minimum number of seconds displayed, up to the newest. */
  readonly span: number;
  readonly minSpan: number;
  /** Ranges of seconds without data (both ends included), drawn hatched. */
  readonly unknown: readonly (readonly [from: number, to: number])[];
  /** Accessible description of the content. */
  readonly description: string;
  /** Lower bound of the maximum of the y axis. */
  readonly minMax: number;
}

/** As `TimeChart`. */
export function TimePlot({ lines, data, version, span, minSpan, unknown, description, minMax }: TimePlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useShownTheme();
  const hatched = useRef(unknown);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const plot = new uPlot(
      optionsOf(element, lines, span, minSpan, minMax, () => hatched.current),
      emptyData(lines.length),
      element,
    );
    chart.current = plot;
    const observer = new ResizeObserver(() => plot.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [lines, span, minSpan, minMax, theme]);

  useEffect(() => {
    hatched.current = unknown;
    chart.current?.setData(data);
  }, [data, unknown, version, theme]);

  return <div ref={host} className={styles.chart} role="img" aria-label={description} />;
}

function optionsOf(
  element: HTMLElement,
  lines: readonly ChartLine[],
  span: number,
  minSpan: number,
  minMax: number,
  unknown: () => TimePlotProps['unknown'],
): uPlot.Options {
  const hatch = colorOf(element, '--line-strong');
  return {
    ...sizeOf(element),
    legend: { show: false },
    cursor: { show: false },
    padding: [4, 0, 2, 0],
    hooks: { drawClear: [(chart) => drawHatched(chart, unknown(), hatch)] },
    scales: {
      x: { time: false, range: (_, oldest, newest) => [Math.max(newest - span + 1, Math.min(oldest, newest - minSpan + 1)), newest] },
      y: { range: (_, __, most) => [0, Math.max(minMax, most * 1.1)] },
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

/** Hatches the ranges without data, in canvas pixels. */
function drawHatched(chart: uPlot, runs: TimePlotProps['unknown'], color: string): void {
  const { ctx, bbox } = chart;
  const gap = 6 * devicePixelRatio;
  for (const [from, to] of runs) {
    // The hatching extends to the points of the adjacent seconds.
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

/** Resolves a CSS custom property to a color that a canvas accepts. */
function colorOf(element: HTMLElement, property: string): string {
  element.style.color = `var(${property})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

function faint(color: string): string {
  return color.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.16)');
}
