import { useRelay } from 'cecelia-client/react';
import type { LiveView } from 'cecelia-client/state';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { pastEventsOf } from '../../../features/history/past-events';
import { usePastStatus } from '../../../features/history/use-past-status';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { t } from '../../../i18n/messages';
import styles from './feed-row.module.css';

/** The end of the feed: whether there are older events. */
export function PastRow({ rowHeight }: { readonly rowHeight: number }) {
  const { view, live } = useRelay();
  const past = usePastStatus();
  const isPast = view !== live;
  return (
    <div className={styles.row}>
      <p className={styles.past} style={{ minHeight: rowHeight }}>
        <span role="status">{isPast ? momentText(view) : textOf(past, view.feedLimit)}</span>
        {!isPast && past.status === 'failed' && (
          <button type="button" className={classNames(buttons.button)} onClick={() => void pastEventsOf(live).load()}>
            {t('feed.past.retry')}
          </button>
        )}
      </p>
    </div>
  );
}

function momentText({ feed, feedLimit }: LiveView): string {
  return feed.length < feedLimit ? t('history.feed.begin') : t('history.feed.limit', { limit: feedLimit });
}

function textOf(past: ReturnType<typeof usePastStatus>, limit: number): string {
  switch (past.status) {
    case 'waiting':
    case 'loading':
      return t('feed.past.loading');
    case 'failed':
      return t('feed.past.failed', { reason: loadErrorText(past.error) });
    case 'loaded':
      return past.end === 'start' ? t('feed.past.start') : t('feed.past.limit', { limit });
  }
}
