import { Ban, CircleCheck, CircleDashed, CircleDotDashed, CirclePause, CircleX, LoaderCircle, type LucideIcon } from 'lucide-react';
import { memo } from 'react';
import { classNames } from './class-names';
import { statusKind, type StatusKind, statusWords } from './status-kind';
import styles from './status-mark.module.css';

const icons: Readonly<Record<StatusKind, LucideIcon>> = {
  waiting: CircleDashed,
  running: LoaderCircle,
  done: CircleCheck,
  failed: CircleX,
  paused: CirclePause,
  stopped: Ban,
  other: CircleDotDashed,
};

interface StatusIconProps {
  readonly status: string | undefined;
  readonly size?: number;
  /** Nothing turns: it is about the past, or a progress bar beside it shows that it goes on. Each thing that moves costs every frame. */
  readonly isStill?: boolean;
  /** No word stands beside it: it is read out. */
  readonly isAlone?: boolean;
}

/** The shape and colour of a status. */
export function StatusIcon({ status, size = 15, isStill = false, isAlone = false }: StatusIconProps) {
  const kind = statusKind(status);
  const Icon = icons[kind];
  return (
    <Icon
      className={classNames(styles[kind], kind === 'running' && !isStill && styles.turns)}
      size={size}
      strokeWidth={2.25}
      {...(isAlone ? { role: 'img', 'aria-label': statusWords(status) } : { 'aria-hidden': true })}
    />
  );
}

/** A status by icon and word. */
export const StatusMark = memo(function StatusMark({ status, size }: StatusIconProps) {
  return (
    <span className={classNames(styles.mark, styles[`${statusKind(status)}Soft`])}>
      <StatusIcon status={status} size={size ?? 13} />
      <span>{statusWords(status)}</span>
    </span>
  );
});
