import { Rocket } from 'lucide-react';
import { Empty } from '../../../components/empty';
import { publishCommand, TryCommands } from '../../../components/try-commands';

const tries = [
  publishCommand({ event: 'task:created', data: { taskId: 't1', title: 'My first task' } }),
  publishCommand({ event: 'task:progress', data: { taskId: 't1', progress: 40 } }),
];

/** What to do where nothing has happened yet. */
export function Welcome() {
  return (
    <Empty title="No tasks yet" icon={Rocket}>
      <p>The relay is ready, and shows what is published from now on. To see something, publish an event by hand:</p>
      <TryCommands commands={tries} />
      <p>
        With a password or another port, <code>redis-cli</code> takes <code>-u redis://…</code>. A prefix other than <code>cecelia:</code>{' '}
        is a setting of the relay.
      </p>
    </Empty>
  );
}
