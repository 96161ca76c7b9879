import { useConnectionState, useRelay } from 'cecelia-client/react';
import { useEffect } from 'react';
import { useRoute } from '../../../features/navigation/route';
import { ownVersion, reloadOnNewVersion } from '../../../features/relay/page-version';
import { useNow } from '../../../features/relay/page-clock';
import { outageOf } from '../../../features/situation/page-marks';
import { pageTitle } from '../../../features/situation/page-title';
import { formatClock } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { capitalized, partText } from '../overview/situation-line';
import { useOverview } from '../overview/use-overview';
import { headline } from './headline';
import { useRotation } from './use-rotation';
import { useWakeLock } from './use-wake-lock';
import { WallOutage } from './wall-outage';
import { WallView } from './wall-view';
import styles from './wall-page.module.css';

/** How the work is going, to be read from afar: one view after another, without controls. Without live data, only the outage is shown. */
export function WallPage() {
  const { connection, view } = useRelay();
  const { status } = useConnectionState();
  const { project } = useRoute();
  const overview = useOverview(project);
  const rotation = useRotation(overview);
  const isScreenKept = useWakeLock();
  const now = useNow();
  useEffect(() => pageTitle.set(t('shell.title', { view: t('wall.title') })), []);
  useEffect(() => {
    const isLive = () => connection.state.status === 'live';
    const storage = typeof sessionStorage === 'undefined' ? null : sessionStorage;
    const { check, stop } = reloadOnNewVersion({
      own: ownVersion,
      isLive,
      reload: () => location.reload(),
      storage,
      now: Date.now,
      random: Math.random,
    });
    // A relay of another version is one that was started again.
    const unsubscribe = connection.onState(check);
    return () => {
      unsubscribe();
      stop();
    };
  }, [connection]);
  const { situation, hasState } = overview;
  const at = Math.floor(overview.at / 1000) * 1000;
  const outage = outageOf(situation);
  if (status !== 'live' || !hasState || outage !== null) return <WallOutage overview={overview} outage={outage} at={at} />;
  const texts = situation.parts.map((part) => partText(part, at, view.clockOffset));
  const { first, others } = headline(texts);
  const separator = t('overview.separator');
  return (
    <main className={styles.wall} data-wall="live" data-view={rotation.view} data-tone={situation.tone}>
      <header className={styles.head}>
        <h1 className={styles.headline}>{capitalized(first.join(separator))}</h1>
        {others.length > 0 && <p className={styles.others}>{others.join(separator)}</p>}
      </header>
      <WallView name={rotation.view} overview={overview} at={at} />
      <footer className={styles.foot}>
        <span {...(project !== null && published(project))}>{project ?? t('wall.project.all')}</span>
        <ol className={styles.views}>
          {rotation.views.map((name) => (
            <li key={name} aria-current={name === rotation.view}>
              {t(`wall.view.${name}`)}
            </li>
          ))}
        </ol>
        {rotation.isPaused && <span className={styles.hint}>{t('wall.paused')}</span>}
        {isScreenKept === false && (
          <span className={styles.hint}>{t(isSecureContext ? 'wall.wake-lock-refused' : 'wall.no-wake-lock')}</span>
        )}
        <span className={styles.clock}>{`${t('wall.live')} · ${formatClock(now)}`}</span>
      </footer>
    </main>
  );
}
