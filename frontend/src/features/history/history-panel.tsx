import { CircleAlert, LoaderCircle } from 'lucide-react';
import { lazy, type ReactNode, Suspense } from 'react';
import buttons from '../../components/button.module.css';
import { toSentence } from '../../format/format-value';
import { findMessage, t } from '../../i18n/messages';
import { reasonClause } from '../relay/relay-reason';
import { RelaySentence } from '../relay/relay-sentence';
import styles from './history-panel.module.css';
import { pageMoment, useTravel } from './page-moment';

const PastBar = lazy(() => import('./past-bar'));

/** The bar at the lower edge of the page while the history is open: its loading, or the choice of the moment. */
export function HistoryPanel() {
  const travel = useTravel();
  if (travel.status === 'live' && !travel.isGone) return null;
  return (
    <section className={styles.panel} aria-label={t('history.bar')} data-history={travel.status}>
      <Content />
    </section>
  );
}

function Content(): ReactNode {
  const travel = useTravel();
  switch (travel.status) {
    case 'live':
      return (
        <Notice icon={<CircleAlert size={16} aria-hidden />} text={t('history.gone')}>
          <Leave text={t('history.dismiss')} />
        </Notice>
      );
    case 'loading':
      return <Loading text={travel.received === 0 ? t('history.loading') : t('history.loading.pages', { count: travel.received })} />;
    case 'failed': {
      const id = findMessage('history.failed.', travel.reason);
      const words = id === undefined ? reasonClause(travel.reason) : t(id);
      return (
        <Notice
          icon={<CircleAlert size={16} aria-hidden />}
          text={t('history.failed', { reason: words ?? toSentence(travel.message).replace(/[.]$/, '') })}
        >
          {id === undefined && words !== undefined && <RelaySentence text={travel.message} />}
          <button type="button" className={buttons.button} onClick={() => pageMoment.retry()}>
            {t('common.try-again')}
          </button>
          <Leave text={t('history.live')} />
        </Notice>
      );
    }
    case 'past':
      return (
        <Suspense fallback={<Loading text={t('history.loading')} />}>
          <PastBar travel={travel} />
        </Suspense>
      );
  }
}

function Loading({ text }: { readonly text: string }) {
  return (
    <Notice icon={<LoaderCircle size={16} className={styles.turns} aria-hidden />} text={text}>
      <Leave text={t('history.cancel')} />
    </Notice>
  );
}

interface NoticeProps {
  readonly icon: ReactNode;
  readonly text: string;
  readonly children: ReactNode;
}

function Notice({ icon, text, children }: NoticeProps) {
  return (
    <div className={styles.notice}>
      {icon}
      <p role="status">{text}</p>
      {children}
    </div>
  );
}

function Leave({ text }: { readonly text: string }) {
  return (
    <button type="button" className={buttons.button} onClick={() => pageMoment.live()}>
      {text}
    </button>
  );
}
