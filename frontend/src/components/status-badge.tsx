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
import { formatUncertainStatus, isPublishedStatus, statusKind, type StatusKind } from '../format/status-kind';
import { published } from '../format/text-language';
import { t } from '../i18n/messages';
import styles from './status-badge.module.css';

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
  /** Disables the animation, for past statuses and beside a progress bar. Each animated icon costs time in every frame. */
  readonly isStill?: boolean;
  /** There is no text beside the icon, so that it needs an accessible name. */
  readonly isAlone?: boolean;
  /** The last update came before a gap. */
  readonly isUncertain?: boolean;
}

/** Tooltip that explains `uncertain`. */
export function uncertainText(): string {
  return t('status.uncertain.hint');
}

/** A status as an icon. */
export function StatusIcon({ status, size = 15, isStill = false, isAlone = false, isUncertain = false }: StatusIconProps) {
  const kind = statusKind(status);
  const Icon = isUncertain ? CircleHelp : icons[kind];
  const label = formatUncertainStatus(status, isUncertain);
  return (
    <Icon
      className={isUncertain ? styles.uncertain : classNames(styles[kind], kind === 'running' && !isStill && styles.turns)}
      size={size}
      strokeWidth={2.25}
      {...(isAlone ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
    />
  );
}

/** A status as an icon with its name. */
export const StatusBadge = memo(function StatusBadge({ status, size, isUncertain = false }: StatusIconProps) {
  return (
    <span
      className={classNames(styles.mark, isUncertain ? styles.uncertainSoft : styles[`${statusKind(status)}Soft`])}
      {...(isUncertain && { title: uncertainText() })}
    >
      <StatusIcon status={status} size={size ?? 13} isUncertain={isUncertain} />
      <span {...(isPublishedStatus(status) && published(status))}>{formatUncertainStatus(status, isUncertain)}</span>
    </span>
  );
});
