import { useRelay } from 'cecelia-client/react';
import { useMemo } from 'react';
import { useShownConnection } from '../../../features/history/page-moment';
import { useRoute } from '../../../features/navigation/route';
import { useNow } from '../../../features/relay/page-clock';
import { TaskColumns } from '../board/task-columns';
import { useSharedColumns } from '../board/use-task-columns';
import { type LaneMinutes, minuteMs } from './lane-minutes';
import { type SlotHistory, SlotHistoryModel } from './slot-history';

/** Returns what ran in which slot in the last minutes, once a second. Of all projects: they share the slots. */
export function useSlotHistory(minutes: LaneMinutes): SlotHistory {
  const { view } = useRelay();
  const connection = useShownConnection();
  const { project } = useRoute();
  const shared = useSharedColumns();
  const now = useNow();
  const model = useMemo(() => {
    const all = project === null ? shared : new TaskColumns(view);
    return new SlotHistoryModel(view, connection, all);
  }, [view, connection, shared, project]);
  return useMemo(() => model.read(now, minutes * minuteMs), [model, now, minutes]);
}
