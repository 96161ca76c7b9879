import { Rocket } from 'lucide-react';
import { Empty } from '../../../components/empty';
import { publishCommand, TryCommands } from '../../../components/try-commands';
import commands from '../../../components/try-commands.module.css';
import { Unreached } from '../../../components/unreached';

const tries = [
  publishCommand({ event: 'task:created', data: { taskId: 't1', title: 'My first task' } }),
  publishCommand({ event: 'task:progress', data: { taskId: 't1', progress: 40 } }),
];

/** What to do where nothing has happened yet. */
export function Welcome() {
  return (
    <Unreached>
      <Empty title="No tasks yet" icon={Rocket}>
        <p>The relay is ready. To create a task, publish an event:</p>
        <TryCommands commands={tries} />
        <p>
          If Redis needs a password or listens on another port, add <code className={commands.whole}>-u redis://…</code> after{' '}
          <code>redis-cli</code>. If the relay uses another channel prefix, replace <code>cecelia:</code>.
        </p>
      </Empty>
    </Unreached>
  );
}
