import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleDotDashed,
  CircleHelp,
  CirclePause,
  CircleX,
  LoaderCircle,
  type LucideIcon,
} from 'lucide-react';
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
  /** It was last heard of before a gap. */
  readonly isUncertain?: boolean;
}

/** What `uncertain` means, for a tooltip. */
export const uncertainWords = 'Last updated before a gap. The status may be out of date.';

/** The shape and colour of a status. */
export function StatusIcon({ status, size = 15, isStill = false, isAlone = false, isUncertain = false }: StatusIconProps) {
  const kind = statusKind(status);
  const Icon = isUncertain ? CircleHelp : icons[kind];
  const words = isUncertain ? `${statusWords(status)}, uncertain` : statusWords(status);
  return (
    <Icon
      className={isUncertain ? styles.uncertain : classNames(styles[kind], kind === 'running' && !isStill && styles.turns)}
      size={size}
      strokeWidth={2.25}
      {...(isAlone ? { role: 'img', 'aria-label': words } : { 'aria-hidden': true })}
    />
  );
}

/** A status by icon and word. */
export const StatusMark = memo(function StatusMark({ status, size, isUncertain = false }: StatusIconProps) {
  return (
    <span
      className={classNames(styles.mark, isUncertain ? styles.uncertainSoft : styles[`${statusKind(status)}Soft`])}
      {...(isUncertain && { title: uncertainWords })}
    >
      <StatusIcon status={status} size={size ?? 13} isUncertain={isUncertain} />
      <span>{isUncertain ? `${statusWords(status)}, uncertain` : statusWords(status)}</span>
    </span>
  );
});
