import type { AgentEntity } from 'cecelia-client';
import { useRelay } from 'cecelia-client/react';
import { entityKey } from 'cecelia-client/state';
import { Bot } from 'lucide-react';
import { memo, useState } from 'react';
import { RelativeTime } from '../../../features/relay/relative-time';
import buttons from '../../../components/button.module.css';
import { hasEnded, isUncertain, statusKind } from '../../../format/status-kind';
import { StatusBadge } from '../../../components/status-badge';
import { formatField } from '../../../format/format-value';
import { parseTimestamp } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { useThrottledVersion } from '../../../features/relay/use-throttled-version';
import styles from './agents.module.css';

const maxAgents = 24;

/** The agents with name, status and last message, active ones first. Agents that have ended are shown on demand. */
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
    <section aria-label={t('board.agents', { count: all.length })}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls sideways, also by keys */}
      <ul className={styles.agents} tabIndex={0}>
        {agents.slice(0, maxAgents).map((agent) => (
          <Agent key={entityKey(agent.project_id, agent.id)} agent={agent} />
        ))}
        {agents.length > maxAgents && <li className={styles.rest}>{t('board.agents.more', { count: agents.length - maxAgents })}</li>}
        {ended.length > 0 && (
          <li className={styles.rest}>
            <button type="button" className={buttons.button} aria-expanded={isUnfolded} onClick={() => setUnfolded(!isUnfolded)}>
              {isUnfolded ? t('board.agents.hide') : t('board.agents.ended', { count: ended.length })}
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
  const at = parseTimestamp(agent.received);
  const name = formatField(agent.data, 'name') ?? agent.id;
  const last = formatField(agent.last_message, 'content') ?? formatField(agent.last_message, 'message');
  return (
    <li className={styles.agent} title={last}>
      <Bot size={15} aria-hidden />
      <span className={styles.name} {...published(name)}>
        {name}
      </span>
      <StatusBadge status={agent.status} isUncertain={isUncertain(agent)} />
      <span className={styles.said}>
        {last === undefined ? (
          <span>{agent.messages === undefined ? '' : t('board.agents.messages', { count: agent.messages })}</span>
        ) : (
          <span {...published(last)}>{last}</span>
        )}{' '}
        {at !== null && <RelativeTime at={at} />}
      </span>
    </li>
  );
});
