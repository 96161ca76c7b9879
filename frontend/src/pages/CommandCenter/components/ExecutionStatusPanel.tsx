import { Panel } from '../../../components/panel';
import { t } from '../../../i18n/messages';
import type { Overview } from '../overview/overview-model';
import { SlotLanes } from '../overview/slot-lanes';
import styles from './ExecutionStatusPanel.module.css';
import { Slots } from './slots';

interface ExecutionStatusPanelProps {
  readonly executors: Overview['executors'];
  readonly at: number;
  /** Whether a project is selected: slots are shared by all of them. */
  readonly isNarrowed: boolean;
  readonly className?: string | undefined;
}

/** The slots of the executors, and what ran in them in the last minutes. All data is pushed; nothing is polled. */
export function ExecutionStatusPanel({ executors, at, isNarrowed, className }: ExecutionStatusPanelProps) {
  return (
    <Panel
      title={t('overview.slots')}
      aside={isNarrowed ? <span>{t('overview.all-projects')}</span> : undefined}
      className={className}
      flush
    >
      <div className={styles.content}>
        <Slots executors={executors} at={at} />
        <SlotLanes />
      </div>
    </Panel>
  );
}
