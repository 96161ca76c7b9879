import { RelayProvider, useExecutorStatus, useTaskStatus } from 'cecelia-client/react';

function Tasks() {
  const { tasks } = useTaskStatus();
  const { activeCount, availableSlots } = useExecutorStatus();
  return (
    <section>
      <p>{`${activeCount ?? '?'} running, ${availableSlots ?? '?'} slots free`}</p>
      <ul>
        {tasks.map((task) => (
          <li key={task.taskId}>
            <span>{`${task.data?.title ?? task.taskId}: ${task.status ?? ''}`}</span>{' '}
            <progress aria-label="Progress" value={task.progress ?? 0} max={100} />
          </li>
        ))}
      </ul>
    </section>
  );
}

export default function ExecutionStatusPanel() {
  return (
    <RelayProvider url="/ws">
      <Tasks />
    </RelayProvider>
  );
}
