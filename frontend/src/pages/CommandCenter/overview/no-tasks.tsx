import { Rocket } from 'lucide-react';
import { EmptyState } from '../../../components/empty-state';
import { publishCommand, ExampleCommands } from '../components/example-commands';
import commands from '../components/example-commands.module.css';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';

const examples = [
  publishCommand({ event: 'task:created', data: { taskId: 't1', title: 'My first task' } }),
  publishCommand({ event: 'task:progress', data: { taskId: 't1', progress: 40 } }),
];

/** Empty state with commands that publish a first task. */
export function NoTasks() {
  return (
    <ConnectionFallback>
      <EmptyState title="No tasks yet" icon={Rocket}>
        <p>The relay is ready. To create a task, publish an event:</p>
        <ExampleCommands commands={examples} />
        <p>
          If Redis needs a password or listens on another port, add <code className={commands.whole}>-u redis://…</code> after{' '}
          <code>redis-cli</code>. If the relay uses another channel prefix, replace <code>cecelia:</code>.
        </p>
      </EmptyState>
    </ConnectionFallback>
  );
}
