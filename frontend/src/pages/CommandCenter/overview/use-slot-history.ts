import { useRelay } from 'cecelia-client/react';
import { useDeferredValue, useMemo } from 'react';
import { useShownConnection } from '../../../features/history/page-moment';
import { useRoute } from '../../../features/navigation/route';
import { useNow } from '../../../features/relay/page-clock';
import { TaskColumns } from '../board/task-columns';
import { useSharedColumns } from '../board/use-task-columns';
import { type LaneMinutes, minuteMs } from './lane-minutes';
import { type SlotHistory, SlotHistoryModel } from './slot-history';

const nothingYet: SlotHistory = { from: 0, to: 0, groups: [], unknown: [] };

/** Returns what ran in which slot in the last minutes, once a second. Of all projects: they share the slots. */
export function useSlotHistory(minutes: LaneMinutes): SlotHistory {
  const { view } = useRelay();
  const connection = useShownConnection();
  const { project } = useRoute();
  const shared = useSharedColumns();
  // Computed after everything else was rendered, in a task of its own: with 20,000 tasks it takes as long as the rest of the overview.
  const now = useDeferredValue(useNow(), 0);
  const model = useMemo(() => {
    const all = project === null ? shared : new TaskColumns(view);
    return new SlotHistoryModel(view, connection, all);
  }, [view, connection, shared, project]);
  return useMemo(() => (now === 0 ? nothingYet : model.read(now, minutes * minuteMs)), [model, now, minutes]);
}
