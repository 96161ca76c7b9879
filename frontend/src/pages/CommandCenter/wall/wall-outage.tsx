import { useConnectionState, useRelay } from 'cecelia-client/react';
import { connectionText } from '../../../features/connection/connection-text';
import { useNow } from '../../../features/relay/page-clock';
import type { Outage } from '../../../features/situation/page-marks';
import { formatAgo, formatClock, formatElapsed } from '../../../format/format-time';
import { toSentence } from '../../../format/format-value';
import { t } from '../../../i18n/messages';
import type { Overview } from '../overview/overview-model';
import { capitalized, partText } from '../overview/situation-line';
import styles from './wall-page.module.css';

interface WallOutageProps {
  readonly overview: Overview;
  /** `null`: the data is being loaded. */
  readonly outage: Outage | null;
  /** Unix milliseconds of the relay's clock. */
  readonly at: number;
}

/** Fills the wall while the data is not live: since when, why, and what was known last, with its age. */
export function WallOutage({ overview, outage, at }: WallOutageProps) {
  const { view } = useRelay();
  const state = useConnectionState();
  const now = useNow();
  if (outage === null) {
    return (
      <main className={styles.outage} data-wall="loading">
        <h1>{t('wall.outage.loading')}</h1>
        <p className={styles.why}>{connectionText(state, now, view.clockOffset).long}</p>
      </main>
    );
  }
  const { since } = outage;
  const { long, sentence = '' } = connectionText(state, now, view.clockOffset);
  return (
    <main className={styles.outage} data-wall="outage" data-outage={outage.kind} role="alert">
      <h1>{capitalized(partText(outage, at, view.clockOffset))}</h1>
      {since !== null && <p className={styles.age}>{t('wall.outage.for', { duration: formatElapsed(at - since) })}</p>}
      <p className={styles.why}>
        <span>{long}</span>{' '}
        <span translate="no" lang="en">
          {toSentence(sentence)}
        </span>
      </p>
      <div className={styles.last}>
        {!overview.hasState ? (
          <p>{t('wall.outage.none')}</p>
        ) : (
          <>
            <p>{t('overview.detail', { running: overview.counts.running, queued: overview.counts.queued })}</p>
            {since !== null && <p>{t('wall.outage.as-of', { time: formatClock(since - view.clockOffset), ago: formatAgo(at - since) })}</p>}
          </>
        )}
      </div>
    </main>
  );
}
