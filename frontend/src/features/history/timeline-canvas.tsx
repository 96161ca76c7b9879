import type { StateHistory } from 'cecelia-client/state';
import { useEffect, useMemo, useRef } from 'react';
import { useShownTheme } from '../../components/theme';
import { useSize } from '../../components/use-size';
import { densityOf } from './density';
import { drawTimeline } from './draw-timeline';
import styles from './timeline-canvas.module.css';

/** Width of a column, in CSS pixels. */
const columnWidth = 3;

/** The events of the history by time, behind the slider: how many, failures, and uncertain stretches. */
export function TimelineCanvas({ history }: { readonly history: StateHistory }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(canvas);
  const theme = useShownTheme();
  const density = useMemo(() => (width === 0 ? null : densityOf(history, Math.max(1, Math.floor(width / columnWidth)))), [history, width]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || density === null) return;
    element.width = width * devicePixelRatio;
    element.height = height * devicePixelRatio;
    context.scale(devicePixelRatio, devicePixelRatio);
    const colorOf = (property: string) => {
      element.style.color = `var(${property})`;
      const { color } = getComputedStyle(element);
      element.style.color = '';
      return color;
    };
    const colors = {
      bar: colorOf('--accent-fill'),
      failed: colorOf('--failed-fill'),
      line: colorOf('--line-strong'),
      gap: colorOf('--paused-fill'),
      ground: colorOf('--line'),
    };
    drawTimeline(context, density, { width, height }, colors);
  }, [density, width, height, theme]);

  return <canvas ref={canvas} className={styles.canvas} aria-hidden />;
}
