import { CloudOff, PlugZap } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ConnectionState } from '../services/connection-state';
import buttons from './button.module.css';
import { classNames } from './class-names';
import { useNow } from './clock';
import { connectionWords } from './connection-words';
import { Empty } from './empty';
import { useConnectionState, useRelay } from './relay-context';

function title(state: ConnectionState): string {
  if (state.status !== 'degraded') return 'Not connected to the relay';
  return state.asOf === null ? 'The data is incomplete' : 'Events may be missing';
}

/** What stands where there is nothing to show: `children` while the relay is there; else why nothing comes, and when the next attempt is. */
export function Unreached({ children }: { readonly children: ReactNode }) {
  const { connection, view } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  if (state.status !== 'reconnecting' && state.status !== 'closed' && state.status !== 'degraded') return children;
  const words = connectionWords(state, now, view.clockOffset);
  return (
    <Empty title={title(state)} icon={CloudOff}>
      <p>{words.long}</p>
      {state.status === 'degraded' ? (
        <p>Data appears here once the relay receives all events again.</p>
      ) : (
        <p className={buttons.below}>
          <button type="button" className={classNames(buttons.button, buttons.primary)} onClick={() => connection.connect()}>
            <PlugZap size={14} aria-hidden /> <span>Try now</span>
          </button>
        </p>
      )}
    </Empty>
  );
}
