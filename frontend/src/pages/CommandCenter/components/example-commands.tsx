import { CopyButton } from '../../../components/copy-button';
import { t } from '../../../i18n/messages';
import styles from './example-commands.module.css';

/** Returns a shell command that publishes an event. */
export function publishCommand(event: object): string {
  // eslint-disable-next-line translation/no-literal-words -- a shell command
  return `redis-cli publish cecelia:events '${JSON.stringify(event)}'`;
}

/** Example commands, each with a copy button. */
export function ExampleCommands({ commands }: { readonly commands: readonly string[] }) {
  return (
    <ol className={styles.commands}>
      {commands.map((text) => (
        <li key={text}>
          <code translate="no">{text}</code>
          <CopyButton text={text} label={t('overview.copy-command')} />
        </li>
      ))}
    </ol>
  );
}
