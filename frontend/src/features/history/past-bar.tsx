import { ChevronFirst, Pause, Play, StepBack, StepForward } from 'lucide-react';
import type { ReactNode } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { formatClock, formatDateAndClock } from '../../format/format-time';
import { t } from '../../i18n/messages';
import { timeZone } from '../../i18n/preferences';
import { handleHistoryKey } from './history-keys';
import styles from './past-bar.module.css';
import { pageMoment, useMomentOf } from './page-moment';
import { type Speed, speeds, type Travel } from './time-travel';
import { TimelineCanvas } from './timeline-canvas';

interface PastBarProps {
  readonly travel: Extract<Travel, { status: 'past' }>;
}

/** The choice of the moment: a slider over the events of the history, steps, and playing. */
export default function PastBar({ travel: { history, isPlaying, speed } }: PastBarProps) {
  const time = useMomentOf(history);
  const { begin, end, index, length } = history;
  const isUtc = timeZone.get() === 'utc';
  return (
    <div className={styles.bar}>
      <div className={styles.buttons}>
        <Button text={t('history.begin')} isDisabled={index === 0} onPress={() => pageMoment.step(-length)}>
          <ChevronFirst size={17} aria-hidden />
        </Button>
        <Button text={t('history.back')} isDisabled={index === 0} onPress={() => pageMoment.step(-1)}>
          <StepBack size={17} aria-hidden />
        </Button>
        <Button text={t(isPlaying ? 'history.pause' : 'history.play')} onPress={() => pageMoment.toggle()}>
          {isPlaying ? <Pause size={17} aria-hidden /> : <Play size={17} aria-hidden />}
        </Button>
        <Button text={t('history.forward')} isDisabled={index === length} onPress={() => pageMoment.step(1)}>
          <StepForward size={17} aria-hidden />
        </Button>
        <select
          className={classNames(buttons.field, styles.speed)}
          value={speed}
          onChange={(event) => pageMoment.setSpeed(Number(event.target.value) as Speed)}
          aria-label={t('history.speed')}
        >
          {speeds.map((one) => (
            <option key={one} value={one}>
              {t('history.speed.times', { speed: String(one) })}
            </option>
          ))}
        </select>
      </div>
      <div className={styles.timeline}>
        <TimelineCanvas history={history} />
        <input
          type="range"
          className={styles.slider}
          min={0}
          max={Math.max(1, end - begin)}
          step={1}
          value={time - begin}
          onChange={(event) => pageMoment.seekSoon(begin + Number(event.target.value))}
          onKeyDown={(event) => {
            if (!event.ctrlKey && !event.metaKey && !event.altKey && handleHistoryKey(pageMoment, event)) event.preventDefault();
          }}
          aria-label={t('history.slider')}
          aria-valuetext={t('history.slider.value', { time: formatDateAndClock(time), index, length })}
        />
        <p className={styles.ends} aria-hidden>
          <span>{formatClock(begin)}</span>
          <span>{t('history.position', { index, length })}</span>
          <span>{formatClock(end)}</span>
        </p>
      </div>
      <button
        type="button"
        className={classNames(buttons.button, isUtc && styles.chosen)}
        aria-pressed={isUtc}
        title={t(isUtc ? 'history.local.hint' : 'history.utc.hint')}
        onClick={() => timeZone.choose(isUtc ? 'local' : 'utc')}
      >
        {t('history.utc')}
      </button>
    </div>
  );
}

interface ButtonProps {
  readonly text: string;
  readonly isDisabled?: boolean;
  readonly onPress: () => void;
  readonly children: ReactNode;
}

function Button({ text, isDisabled = false, onPress, children }: ButtonProps) {
  return (
    <button
      type="button"
      className={classNames(buttons.icon, styles.button)}
      onClick={onPress}
      disabled={isDisabled}
      aria-label={text}
      title={text}
    >
      {children}
    </button>
  );
}
