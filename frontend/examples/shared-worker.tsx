import { RelayProvider, useTaskStatus, useWebSocket } from 'cecelia-client/react';

// One socket for all tabs. In a browser without shared workers each tab has its own.
const port = () => new SharedWorker(new URL('cecelia-client/shared-worker', import.meta.url), { type: 'module', name: 'cecelia' }).port;

function Count() {
  const { state } = useWebSocket();
  const { tasks } = useTaskStatus();
  return <p>{`${tasks.length} tasks, ${state.status}`}</p>;
}

export default function SharedTasks() {
  return (
    <RelayProvider url="/ws" shared={port}>
      <Count />
    </RelayProvider>
  );
}
