import { useEffect, useMemo } from 'react';
import { useRoute } from '../features/navigation/route';
import { showIcon } from '../features/situation/page-icon';
import { pageMarks } from '../features/situation/page-marks';
import { markedTitle, pageTitle } from '../features/situation/page-title';
import { UnseenFailures } from '../features/situation/unseen-failures';
import { useOverviewStore } from '../pages/CommandCenter/overview/use-overview';

/** Keeps the title and the icon of the page up to date, at most once a second, also while the page is hidden. It renders nothing. */
export function PageStatus() {
  const { project } = useRoute();
  const store = useOverviewStore(project);
  const unseen = useMemo(() => new UnseenFailures(), []);
  useEffect(() => {
    const update = () => {
      const { hasState, failed, situation, at } = store.get();
      const marks = pageMarks(situation, unseen.count(hasState ? failed : null, document.visibilityState !== 'hidden'));
      pageTitle.mark((title) => markedTitle(title, marks, at));
      showIcon(marks);
    };
    update();
    const stop = store.subscribeSlowly(update);
    return () => {
      stop();
      pageTitle.mark();
      showIcon(null);
    };
  }, [store, unseen]);
  return null;
}
