import type { CSSProperties } from 'react';
import { classNames } from '../../../components/class-names';
import { t } from '../../../i18n/messages';
import { published } from '../../../format/text-language';
import { type LaneMinutes, useLaneMinutes } from '../overview/lane-minutes';
import type { SlotGroup, SlotHistory } from '../overview/slot-history';
import { useLanesCanvas } from '../overview/use-lanes-canvas';
import { useSlotHistory } from '../overview/use-slot-history';
import styles from './wall-lanes.module.css';

/** Executors that have room below the sentence. */
const maxGroups = 6;
/** With so few lanes, in all executors, the titles are larger. */
const fewLanes = 6;
const outcomes = ['running', 'completed', 'failed'] as const;

/** What ran in which slot in the last minutes, with the titles of the tasks in the bars. */
export function WallLanes() {
  const [minutes] = useLaneMinutes(15);
  const history = useSlotHistory(minutes);
  const groups = history.groups.slice(0, maxGroups);
  const lanes = groups.reduce((sum, group) => sum + group.lanes, 0);
  const more = history.groups.length - groups.length;
  const hidden = history.groups.reduce((sum, group) => sum + group.hidden, 0);
  const notes = [
    ...(history.to > 0 && history.groups.every(({ spans }) => spans.length === 0) ? [t('overview.slots.no-runs', { minutes })] : []),
    ...(more > 0 ? [t('wall.more', { count: more })] : []),
    ...(hidden > 0 ? [t('overview.slots.hidden', { count: hidden })] : []),
  ];
  return (
    <div className={styles.view}>
      <div className={classNames(styles.groups, lanes <= fewLanes && styles.few)}>
        {groups.map((group) => (
          <Group key={group.executor} history={history} group={group} minutes={minutes} />
        ))}
        <p className={styles.axis} aria-hidden>
          <span>{t('overview.slots.ago', { minutes })}</span>
          <span>{t('overview.slots.now')}</span>
        </p>
      </div>
      <p className={styles.legend}>
        {outcomes.map((name) => (
          <span key={name} className={styles[name]}>
            {t(`overview.tasks.${name}`)}
          </span>
        ))}
        <span className={styles.notes}>{notes.join(' · ')}</span>
      </p>
    </div>
  );
}

interface GroupProps {
  readonly history: SlotHistory;
  readonly group: SlotGroup;
  readonly minutes: LaneMinutes;
}

function Group({ history, group, minutes }: GroupProps) {
  const { canvas } = useLanesCanvas({ history, group, minutes, isLabeled: true });
  return (
    <>
      {group.executor !== '' && (
        <p className={styles.executor} {...published(group.executor)}>
          {group.executor}
        </p>
      )}
      <div
        className={styles.lanes}
        style={{ flexGrow: group.lanes, '--lanes': group.lanes } as CSSProperties}
        role="img"
        aria-label={t('wall.lanes', { minutes, count: group.spans.length })}
      >
        <canvas ref={canvas} className={styles.canvas} />
      </div>
    </>
  );
}
