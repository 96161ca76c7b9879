import { useRelay } from 'cecelia-client/react';
import { useNow } from './page-clock';
import { formatAgo, formatElapsed, formatFullTime } from '../../format/format-time';
import { t } from '../../i18n/messages';

interface TimeProps {
  /** Unix milliseconds by the relay's clock. */
  readonly at: number;
}

/** Time since a moment, updated every second. */
export function RelativeTime({ at }: TimeProps) {
  const { view } = useRelay();
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={formatFullTime(at)}>
      {formatAgo(now + view.clockOffset - at)}
    </time>
  );
}

/** Elapsed time of something in progress, updated every second. */
export function ElapsedTime({ at }: TimeProps) {
  const { view } = useRelay();
  const now = useNow();
  return <span title={t('time.since', { time: formatFullTime(at) })}>{formatElapsed(now + view.clockOffset - at)}</span>;
}
