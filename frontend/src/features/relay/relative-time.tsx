import { useRelay } from 'cecelia-client/react';
import { useNow } from './page-clock';
import { formatAgo, formatClock, formatElapsed } from '../../format/format-time';

interface TimeProps {
  /** Unix milliseconds by the relay's clock. */
  readonly at: number;
}

/** Time since a moment, updated every second. */
export function RelativeTime({ at }: TimeProps) {
  const { view } = useRelay();
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={`${new Date(at).toLocaleDateString()} ${formatClock(at, true)}`}>
      {formatAgo(now + view.clockOffset - at)}
    </time>
  );
}

/** Elapsed time of something in progress, updated every second. */
export function ElapsedTime({ at }: TimeProps) {
  const { view } = useRelay();
  const now = useNow();
  return <span title={`since ${formatClock(at, true)}`}>{formatElapsed(now + view.clockOffset - at)}</span>;
}
