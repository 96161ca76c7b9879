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
        <p>The relay is ready. To see a task, publish an event:</p>
        <TryCommands commands={tries} />
        <p>
          With a password or another port, <code>redis-cli</code> takes <code className={commands.whole}>-u redis://…</code>. A prefix other
          than <code>cecelia:</code> is a setting of the relay.
        </p>
      </Empty>
    </Unreached>
  );
}
