import { useNow } from './clock';
import { useRelay } from './relay-context';
import { agoWords, clockWords, elapsedWords } from './time-words';

interface MomentProps {
  /** Unix milliseconds of the relay's clock. */
  readonly at: number;
}

/** How long ago that was, counting up. */
export function Ago({ at }: MomentProps) {
  const { view } = useRelay();
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={`${new Date(at).toLocaleDateString()} ${clockWords(at, true)}`}>
      {agoWords(now + view.clockOffset - at)}
    </time>
  );
}

/** How long it has been under way, counting up. */
export function Elapsed({ at }: MomentProps) {
  const { view } = useRelay();
  const now = useNow();
  return <span title={`since ${clockWords(at, true)}`}>{elapsedWords(now + view.clockOffset - at)}</span>;
}
