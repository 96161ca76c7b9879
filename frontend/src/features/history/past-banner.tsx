import { useRelay } from 'cecelia-client/react';
import type { StateHistory } from 'cecelia-client/state';
import { History, Radio } from 'lucide-react';
import { useEffect, useState } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import unseen from '../../components/visually-hidden.module.css';
import { formatAgo, formatClock, formatDateAndClock } from '../../format/format-time';
import { t } from '../../i18n/messages';
import { gapText } from '../connection/gap-text';
import { useNow } from '../relay/page-clock';
import { pageTitle } from '../situation/page-title';
import { pageMoment, useMomentOf, useTravel } from './page-moment';
import styles from './past-banner.module.css';

/** Says below the header that the page shows an earlier moment. `title` is that of the page. */
export function PastBanner({ title }: { readonly title: string }) {
  const travel = useTravel();
  return travel.status === 'past' ? <Banner history={travel.history} title={title} /> : null;
}

function Banner({ history, title }: { readonly history: StateHistory; readonly title: string }) {
  const { live } = useRelay();
  const time = useMomentOf(history);
  const ago = formatAgo(useNow() + live.clockOffset - time);
  const isCertain = history.isCertain(history.position ?? time) && history.isCertain(time);
  const clock = formatClock(time);
  const [announced] = useState(clock);
  useEffect(() => {
    pageTitle.set(t('history.title', { time: clock, title }));
    return () => pageTitle.set(title);
  }, [clock, title]);
  return (
    <>
      <section
        className={classNames(styles.banner, !isCertain && styles.uncertain)}
        aria-label={t('history.connection')}
        data-certain={isCertain}
      >
        <History size={16} aria-hidden />
        <p className={styles.text} title={isCertain ? undefined : uncertainText(history)}>
          <b>{t('history.moment', { time: formatDateAndClock(time), ago })}</b> {!isCertain && <span>{uncertainText(history)}</span>}
        </p>
        <button
          type="button"
          className={classNames(buttons.button, buttons.primary)}
          onClick={() => pageMoment.live()}
          title={t('history.live.hint')}
        >
          <Radio size={14} aria-hidden /> <span>{t('history.live')}</span>
        </button>
      </section>
      <p className={unseen.hidden} role="status">
        {t('history.past', { time: announced })}
      </p>
      <div className={styles.frame} aria-hidden />
    </>
  );
}

/** Why the moment is uncertain: the last gap before it. */
function uncertainText({ gaps }: StateHistory): string {
  const gap = gaps.at(-1);
  return gap === undefined ? t('history.uncertain') : t('history.uncertain.gap', { gap: gapText(gap.gap) });
}
