import type { NodeEntity } from 'cecelia-client';
import { memo, useEffect, useRef } from 'react';
import { ElapsedTime } from '../../../features/relay/relative-time';
import { classNames } from '../../../components/class-names';
import { formatUncertainStatus, isPublishedStatus, isUncertain, statusKind } from '../../../format/status-kind';
import { StatusIcon } from '../../../components/status-badge';
import { formatField } from '../../../format/format-value';
import { formatDuration, parseTimestamp, formatShortCount } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { tokensOf } from '../executions/execution-list';
import styles from './node-list.module.css';

interface NodeListProps {
  readonly nodes: readonly NodeEntity[];
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
}

/** The nodes of an execution with duration and token usage. One of them is selected. */
export function NodeList({ nodes, selected, onSelect }: NodeListProps) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (selected !== null) revealSelected(list.current);
  }, [selected]);
  return (
    <ul ref={list} className={styles.nodes} aria-label={t('execution.nodes')}>
      {nodes.map((node) => (
        <NodeButton key={node.id} node={node} isSelected={node.id === selected} onSelect={onSelect} />
      ))}
    </ul>
  );
}

/** Scrolls the selected node into view. Unlike `scrollIntoView`, this does not scroll the page. */
function revealSelected(list: HTMLElement | null): void {
  const button = list?.querySelector('[aria-pressed=true]');
  if (list === null || button == null) return;
  const [outer, inner] = [list.getBoundingClientRect(), button.getBoundingClientRect()];
  if (inner.left < outer.left) list.scrollLeft += inner.left - outer.left;
  else if (inner.right > outer.right) list.scrollLeft += inner.right - outer.right;
}

interface NodeButtonProps {
  readonly node: NodeEntity;
  readonly isSelected: boolean;
  readonly onSelect: (id: string) => void;
}

const NodeButton = memo(function NodeButton({ node, isSelected, onSelect }: NodeButtonProps) {
  const [startedAt, endedAt] = [parseTimestamp(node.started), parseTimestamp(node.ended)];
  const tokens = tokensOf(node.usage);
  const isRunning = statusKind(node.status) === 'running';
  const title = formatField(node.data, 'title') ?? node.id;
  const status = formatUncertainStatus(node.status, isUncertain(node));
  return (
    <li>
      <button
        type="button"
        className={classNames(styles.node, isSelected && styles.selected)}
        aria-pressed={isSelected}
        onClick={() => onSelect(node.id)}
      >
        <StatusIcon status={node.status} isUncertain={isUncertain(node)} />
        <span className={styles.name} {...published(title)}>
          {title}
        </span>
        <span className={styles.meta}>
          <span {...(isPublishedStatus(node.status) && published(node.status))}>
            {startedAt !== null && endedAt !== null
              ? t('execution.node.took', { status, duration: formatDuration(endedAt - startedAt) })
              : status}
          </span>
          {startedAt !== null && endedAt === null && isRunning && !isUncertain(node) && (
            <>
              {' '}
              <ElapsedTime at={startedAt} />
            </>
          )}
          {tokens !== undefined && <span>{` · ${t('execution.node.tokens', { count: formatShortCount(tokens) })}`}</span>}
        </span>
      </button>
    </li>
  );
});
