import { CopyButton } from './copy-button';
import styles from './try-commands.module.css';

/** An event as a command for a shell that publishes it. */
export function publishCommand(event: object): string {
  return `redis-cli publish cecelia:events '${JSON.stringify(event)}'`;
}

/** Commands to copy, for whoever wants to see something. */
export function TryCommands({ commands }: { readonly commands: readonly string[] }) {
  return (
    <ol className={styles.tries}>
      {commands.map((text) => (
        <li key={text}>
          <code translate="no">{text}</code>
          <CopyButton text={text} label="Copy command" />
        </li>
      ))}
    </ol>
  );
}
