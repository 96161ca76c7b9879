import type { ConnectionState } from 'cecelia-client';
import { useConnectionState, useRelay } from 'cecelia-client/react';
import { CloudOff, PlugZap } from 'lucide-react';
import type { ReactNode } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { t } from '../../i18n/messages';
import { useNow } from '../relay/page-clock';
import { RelaySentence } from '../relay/relay-sentence';
import { connectionText } from './connection-text';
import { EmptyState } from '../../components/empty-state';

function title(state: ConnectionState): string {
  if (state.status !== 'degraded') return t('connection.fallback.disconnected');
  return t(state.asOf === null ? 'connection.fallback.incomplete' : 'connection.fallback.missing');
}

/** Content of an empty view: `children` while connected, otherwise the connection problem and the next attempt. */
export function ConnectionFallback({ children }: { readonly children: ReactNode }) {
  const { connection, view, live } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  if (view !== live) return children;
  if (state.status !== 'reconnecting' && state.status !== 'closed' && state.status !== 'degraded') return children;
  const text = connectionText(state, now, view.clockOffset);
  return (
    <EmptyState title={title(state)} icon={CloudOff}>
      <p>
        <span>{text.long}</span>
        <RelaySentence text={text.sentence} />
      </p>
      {state.status === 'degraded' ? (
        <p>{t('connection.fallback.later')}</p>
      ) : (
        <p className={buttons.below}>
          <button type="button" className={classNames(buttons.button, buttons.primary)} onClick={() => connection.connect()}>
            <PlugZap size={14} aria-hidden /> <span>{t('common.try-now')}</span>
          </button>
        </p>
      )}
    </EmptyState>
  );
}
