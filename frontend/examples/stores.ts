import { connectionStore, executorStore, relayView, taskStore } from 'cecelia-client/state';

const relay = relayView({ url: '/ws' });
const tasks = taskStore(relay);
const executor = executorStore(relay);
const connection = connectionStore(relay.connection);

function draw(): void {
  const { activeCount, availableSlots } = executor.getSnapshot();
  const lines = tasks.getSnapshot().tasks.map((task) => `${task.data?.title ?? task.taskId}: ${task.status ?? ''}`);
  document.body.textContent = [
    connection.getSnapshot().status,
    `${activeCount ?? '?'} running, ${availableSlots ?? '?'} slots free`,
    ...lines,
  ].join('\n');
}

const stops = [tasks, executor, connection].map((store) => store.subscribe(draw));
draw();

/** Ends the subscriptions. The connection closes a second later. */
export function stop(): void {
  for (const end of stops) end();
}
