import type { TaskEntity } from 'cecelia-client';
import { uncertainText } from '../../../components/status-badge';
import { RelativeTime } from '../../../features/relay/relative-time';
import { parseTimestamp } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import { statusSince } from '../task/task-facts';
import rows from './task-rows.module.css';

/** When an uncertain task was last updated. */
export function LastUpdated({ task }: { readonly task: TaskEntity }) {
  return (
    <span className={rows.meta} title={uncertainText()}>
      <span>{t('overview.uncertain-since')}</span> <RelativeTime at={parseTimestamp(task.received) ?? statusSince(task)} />
    </span>
  );
}
