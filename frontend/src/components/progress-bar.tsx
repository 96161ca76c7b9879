import { classNames } from './class-names';
import { statusKind } from '../format/status-kind';
import styles from './progress-bar.module.css';

interface ProgressBarProps {
  /** Percent; `undefined` if the progress is unknown. */
  readonly value: number | undefined;
  readonly status: string | undefined;
  readonly label: string;
}

export function ProgressBar({ value, status, label }: ProgressBarProps) {
  const kind = statusKind(status);
  const percent = value === undefined ? undefined : Math.min(100, Math.max(0, value));
  return (
    <div
      className={classNames(styles.track, percent === undefined && kind === 'running' && styles.unknown)}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent !== undefined && { 'aria-valuenow': Math.round(percent) })}
    >
      <div className={classNames(styles.fill, styles[kind])} style={{ clipPath: `inset(0 ${100 - (percent ?? 0)}% 0 0 round 3px)` }} />
    </div>
  );
}
