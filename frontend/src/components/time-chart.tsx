import { loadedPart } from './loaded-part';
import styles from './time-chart.module.css';
import type { TimePlotProps } from './time-plot';

export type { ChartLine } from './time-plot';

// The library for charts is loaded after the texts and numbers of the page.
const TimePlot = loadedPart(async () => (await import('./time-plot')).TimePlot);

/** A small chart of the last seconds. `lines` should be a constant. */
export function TimeChart(props: TimePlotProps) {
  return <TimePlot {...props} fallback={<div className={styles.room} role="img" aria-label={props.description} />} />;
}
