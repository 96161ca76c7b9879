import { Bot } from 'lucide-react';
import { memo } from 'react';
import { Ago } from '../../../components/ago';
import { useRelay } from '../../../components/relay-context';
import { StatusMark } from '../../../components/status-mark';
import { textOf } from '../../../components/text-of';
import { countWords, momentOf, ofWords } from '../../../components/time-words';
import { useThrottledVersion } from '../../../components/use-throttled-version';
import { entityKey } from '../../../state/live-view';
import type { AgentEntity } from '../../../types/messages';
import styles from './agents.module.css';

const shown = 24;

/** The agents that work on the tasks, where there are any: who, how it stands, its last message. */
export const Agents = memo(function Agents({ project }: { readonly project: string | null }) {
  const { view } = useRelay();
  useThrottledVersion('agents', 250);
  const agents = [...view.sections.agents.values()].filter((agent) => project === null || agent.project_id === project);
  if (agents.length === 0) return null;
  return (
    <section aria-label={ofWords(agents.length, 'agent')}>
      <ul className={styles.agents}>
        {agents.slice(0, shown).map((agent) => (
          <Agent key={entityKey(agent.project_id, agent.id)} agent={agent} />
        ))}
        {agents.length > shown && <li className={styles.rest}>{`${countWords(agents.length - shown)} more`}</li>}
      </ul>
    </section>
  );
});

const Agent = memo(function Agent({ agent }: { readonly agent: AgentEntity }) {
  const at = momentOf(agent.received);
  const last = textOf(agent.last_message?.content) ?? textOf(agent.last_message?.message);
  return (
    <li className={styles.agent} title={last}>
      <Bot size={15} aria-hidden />
      <span className={styles.name} translate="no">
        {textOf(agent.data?.name) ?? agent.id}
      </span>
      <StatusMark status={agent.status} />
      <span className={styles.said}>
        {last === undefined ? (
          <span>{agent.messages === undefined ? '' : ofWords(agent.messages, 'message')}</span>
        ) : (
          <span translate="no">{last}</span>
        )}{' '}
        {at !== null && <Ago at={at} />}
      </span>
    </li>
  );
});
