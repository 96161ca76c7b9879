import { useConnectionState, useRelay } from 'cecelia-client/react';
import { CloudOff, KeyRound, LoaderCircle } from 'lucide-react';
import { useEffect, useRef } from 'react';
import icon from './icon.svg';
import { connectionText } from '../features/connection/connection-text';
import { useNow } from '../features/relay/page-clock';
import { pageTitle } from '../features/situation/page-title';
import { t } from '../i18n/messages';
import { denialText } from '../features/access/denial-text';
import styles from './sign-in-page.module.css';
import { TokenForm } from '../features/access/token-form';
import { pageToken } from '../features/access/token-store';
import { useSignIn } from '../features/access/use-rights';

/** Shown instead of the views while the relay requires a token and has not accepted one. */
export function SignInPage() {
  const { connection, view } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  const { token, denial } = useSignIn();
  const isPending = token !== '' && 'waitsFor' in state && state.waitsFor === 'answer';
  const isUnreachable = state.status === 'reconnecting';
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    pageTitle.set(t('access.title'));
    card.current?.querySelector('input')?.focus();
  }, []);
  return (
    <main className={styles.page}>
      <div ref={card} className={styles.card}>
        <header>
          <img src={icon} alt="" width={32} height={32} />
          <h1>{t('access.heading')}</h1>
        </header>
        <p>{t('access.intro')}</p>
        <TokenForm
          label={t('access.token')}
          isPending={isPending}
          error={denialText(denial)}
          button={
            isPending ? (
              <>
                <LoaderCircle size={14} aria-hidden /> <span>{t('access.sign-in.pending')}</span>
              </>
            ) : (
              <>
                <KeyRound size={14} aria-hidden /> <span>{t('access.sign-in')}</span>
              </>
            )
          }
          onToken={(next) => {
            pageToken.set(next);
            connection.connect();
          }}
        />
        {isUnreachable && (
          <p className={styles.unreachable} role="status">
            <CloudOff size={15} aria-hidden />
            <span>{connectionText(state, now, view.clockOffset).long}</span>
          </p>
        )}
      </div>
    </main>
  );
}
