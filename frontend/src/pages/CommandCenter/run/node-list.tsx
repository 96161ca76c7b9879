import { memo } from 'react';
import { Elapsed } from '../../../components/ago';
import { classNames } from '../../../components/class-names';
import { isUncertain, statusKind, statusWords } from '../../../components/status-kind';
import { StatusIcon } from '../../../components/status-mark';
import { textIn } from '../../../components/text-of';
import { durationWords, momentOf, shortCountWords } from '../../../components/time-words';
import type { NodeEntity } from '../../../types/messages';
import { tokensOf } from '../runs/run-list';
import styles from './node-list.module.css';

interface NodeListProps {
  readonly nodes: readonly NodeEntity[];
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
}

/** The nodes of a run in a row, with how long each took and what it used; one of them is looked at. */
export function NodeList({ nodes, selected, onSelect }: NodeListProps) {
  return (
    <ul className={styles.nodes} aria-label="Nodes">
      {nodes.map((node) => (
        <NodeButton key={node.id} node={node} isSelected={node.id === selected} onSelect={onSelect} />
      ))}
    </ul>
  );
}

interface NodeButtonProps {
  readonly node: NodeEntity;
  readonly isSelected: boolean;
  readonly onSelect: (id: string) => void;
}

const NodeButton = memo(function NodeButton({ node, isSelected, onSelect }: NodeButtonProps) {
  const [began, ended] = [momentOf(node.started), momentOf(node.ended)];
  const tokens = tokensOf(node.usage);
  const isRunning = statusKind(node.status) === 'running';
  return (
    <li>
      <button
        type="button"
        className={classNames(styles.node, isSelected && styles.selected)}
        aria-pressed={isSelected}
        onClick={() => onSelect(node.id)}
      >
        <StatusIcon status={node.status} isUncertain={isUncertain(node)} />
        <span className={styles.name} translate="no">
          {textIn(node.data, 'title') ?? node.id}
        </span>
        <span className={styles.meta}>
          <span>
            {`${statusWords(node.status)}${isUncertain(node) ? ', uncertain' : ''}${began !== null && ended !== null ? `, took ${durationWords(ended - began)}` : ''}`}
          </span>
          {began !== null && ended === null && isRunning && !isUncertain(node) && (
            <>
              {' '}
              <Elapsed at={began} />
            </>
          )}
          {tokens !== undefined && <span>{` · ${shortCountWords(tokens)} tokens`}</span>}
        </span>
      </button>
    </li>
  );
});
