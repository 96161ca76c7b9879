import { Rocket } from 'lucide-react';
import { EmptyState } from '../../../components/empty-state';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { t, Text } from '../../../i18n/messages';
import { publishCommand, ExampleCommands } from '../components/example-commands';
import commands from '../components/example-commands.module.css';

/** Empty state with commands that publish a first task. */
export function NoTasks() {
  const examples = [
    publishCommand({ event: 'task:created', data: { taskId: 't1', title: t('overview.no-tasks.example') } }),
    publishCommand({ event: 'task:progress', data: { taskId: 't1', progress: 40 } }),
  ];
  return (
    <ConnectionFallback>
      <EmptyState title={t('overview.no-tasks')} icon={Rocket}>
        <p>{t('overview.no-tasks.hint')}</p>
        <ExampleCommands commands={examples} />
        <p>
          <Text
            id="overview.no-tasks.options"
            values={{
              option: (content) => (
                <code className={commands.whole} translate="no">
                  {content}
                </code>
              ),
              code: (content) => <code translate="no">{content}</code>,
              prefix: (content) => <code translate="no">{content}</code>,
            }}
          />
        </p>
      </EmptyState>
    </ConnectionFallback>
  );
}
