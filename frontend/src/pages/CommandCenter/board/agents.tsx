import { Bot } from 'lucide-react';
import { memo, useState } from 'react';
import { Ago } from '../../../components/ago';
import buttons from '../../../components/button.module.css';
import { useRelay } from '../../../components/relay-context';
import { hasEnded, isUncertain, statusKind } from '../../../components/status-kind';
import { StatusMark } from '../../../components/status-mark';
import { textIn } from '../../../components/text-of';
import { countWords, momentOf, ofWords } from '../../../components/time-words';
import { useThrottledVersion } from '../../../components/use-throttled-version';
import { entityKey } from '../../../state/live-view';
import type { AgentEntity } from '../../../types/messages';
import styles from './agents.module.css';

const shown = 24;

/** The agents, where there are any: name, status, last message. Those that work are first; those that have ended are shown on demand. */
export const Agents = memo(function Agents({ project }: { readonly project: string | null }) {
  const { view } = useRelay();
  useThrottledVersion('agents', 250);
  const [isUnfolded, setUnfolded] = useState(false);
  const all = [...view.sections.agents.values()].filter((agent) => project === null || agent.project_id === project);
  if (all.length === 0) return null;
  const ended = all.filter(({ status }) => hasEnded(status));
  const present = all.filter(({ status }) => !hasEnded(status)).sort((a, b) => rank(a) - rank(b));
  const agents = isUnfolded ? [...present, ...ended.reverse()] : present;
  return (
    <section aria-label={ofWords(all.length, 'agent')}>
      <ul className={styles.agents}>
        {agents.slice(0, shown).map((agent) => (
          <Agent key={entityKey(agent.project_id, agent.id)} agent={agent} />
        ))}
        {agents.length > shown && <li className={styles.rest}>{`${countWords(agents.length - shown)} more`}</li>}
        {ended.length > 0 && (
          <li className={styles.rest}>
            <button type="button" className={buttons.button} aria-expanded={isUnfolded} onClick={() => setUnfolded(!isUnfolded)}>
              {isUnfolded ? 'Hide ended' : `${countWords(ended.length)} ended`}
            </button>
          </li>
        )}
      </ul>
    </section>
  );
});

function rank(agent: AgentEntity): number {
  return isUncertain(agent) ? 2 : statusKind(agent.status) === 'running' ? 0 : 1;
}

const Agent = memo(function Agent({ agent }: { readonly agent: AgentEntity }) {
  const at = momentOf(agent.received);
  const last = textIn(agent.last_message, 'content') ?? textIn(agent.last_message, 'message');
  return (
    <li className={styles.agent} title={last}>
      <Bot size={15} aria-hidden />
      <span className={styles.name} translate="no">
        {textIn(agent.data, 'name') ?? agent.id}
      </span>
      <StatusMark status={agent.status} isUncertain={isUncertain(agent)} />
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
