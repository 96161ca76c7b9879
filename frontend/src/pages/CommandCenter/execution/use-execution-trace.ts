import { useRelay, useVersion } from 'cecelia-client/react';
import { useEffect, useMemo } from 'react';
import { ExecutionTrace } from './execution-trace';

/** Returns the trace of the connection's events. It changes in place, with the feed. */
export function useExecutionTrace(): ExecutionTrace {
  const { view } = useRelay();
  const past = useVersion('past');
  const trace = useMemo(() => {
    const created = new ExecutionTrace();
    created.update(view.feed);
    return created;
    // The feed changes in place. With `past` older events come before those that were counted.
  }, [view, past]);
  // Not only when the page renders: by then the feed may have dropped events.
  useEffect(() => {
    trace.update(view.feed);
    return view.subscribe(() => trace.update(view.feed));
  }, [view, trace]);
  return trace;
}
