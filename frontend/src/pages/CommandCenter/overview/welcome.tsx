import { Rocket } from 'lucide-react';
import { CopyButton } from '../../../components/copy-button';
import { Empty } from '../../../components/empty';
import styles from './welcome.module.css';

const tries = [
  `redis-cli publish cecelia:events '{"event":"task:created","data":{"taskId":"t1","title":"My first task"}}'`,
  `redis-cli publish cecelia:events '{"event":"task:progress","data":{"taskId":"t1","progress":40}}'`,
];

/** What to do where nothing has happened yet. */
export function Welcome() {
  return (
    <Empty title="No tasks yet" icon={Rocket}>
      <p>The relay is ready, and shows what is published from now on. To see something, publish an event by hand:</p>
      <ol className={styles.tries}>
        {tries.map((text) => (
          <li key={text}>
            <code>{text}</code>
            <CopyButton text={text} label="Copy the command" />
          </li>
        ))}
      </ol>
      <p>
        With a password or another port, <code>redis-cli</code> takes <code>-u redis://…</code>. A prefix other than <code>cecelia:</code>{' '}
        is a setting of the relay.
      </p>
    </Empty>
  );
}
