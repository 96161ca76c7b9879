import type { NodeEntity } from 'cecelia-client';
import { memo } from 'react';
import { classNames } from '../../../components/class-names';
import { StatusIcon } from '../../../components/status-badge';
import unseen from '../../../components/visually-hidden.module.css';
import { formatDuration, formatElapsed, formatFullTime, formatShortCount } from '../../../format/format-time';
import { formatUncertainStatus, isPublishedStatus, isUncertain, statusKind } from '../../../format/status-kind';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { tokensOf } from '../executions/execution-list';
import { nodeTitle } from './node-title';
import type { Interval, NodeSpan } from './node-spans';
import styles from './execution-gantt.module.css';
import { placeOn } from './time-axis';

/** What the row of a node shows. */
export interface NodeRowData {
  readonly node: NodeEntity;
  readonly span: NodeSpan;
  readonly isCritical: boolean;
  readonly firstTokenMs: number | null;
  /** Tokens per second. */
  readonly rate: number | null;
}

interface NodeRowProps extends NodeRowData {
  readonly axis: Interval;
  readonly isSelected: boolean;
  readonly isHovered: boolean;
  readonly onSelect: (id: string) => void;
  readonly onHover: (id: string | null) => void;
}

/** A node: name and numbers, when it waited and ran, and how long. */
export const NodeRow = memo(function NodeRow({ axis, isSelected, isHovered, onSelect, onHover, ...data }: NodeRowProps) {
  const { node, span, isCritical, firstTokenMs, rate } = data;
  const title = nodeTitle(node);
  const tokens = tokensOf(node.usage);
  const status = formatUncertainStatus(node.status, isUncertain(node));
  const facts = [
    ...(tokens === undefined ? [] : [t('execution.node.tokens', { count: formatShortCount(tokens) })]),
    ...(rate === null ? [] : [t('execution.node.rate', { rate: formatRate(rate) })]),
    ...(firstTokenMs === null ? [] : [t('execution.node.first-token', { duration: formatDuration(firstTokenMs) })]),
    ...(span.waited === null ? [] : [t('execution.node.waited', { duration: lengthText(span.waited) })]),
    ...(span.attempts.length === 0 ? [] : [t('execution.node.attempt', { number: span.attempts.length + 1 })]),
  ];
  return (
    <li data-critical={isCritical || undefined}>
      <button
        type="button"
        className={classNames(styles.row, isSelected && styles.selected, isHovered && styles.hovered)}
        aria-pressed={isSelected}
        onClick={() => onSelect(node.id)}
        onMouseEnter={() => onHover(node.id)}
        onMouseLeave={() => onHover(null)}
        title={facts.join(' · ')}
      >
        <span className={styles.name}>
          <StatusIcon status={node.status} isUncertain={isUncertain(node)} />
          <span {...published(title)}>{title}</span>
        </span>
        <span className={styles.facts}>
          <span {...(isPublishedStatus(node.status) && published(node.status))}>{status}</span>
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
          {isCritical && <span className={unseen.hidden}>{t('execution.gantt.on-critical-path')}</span>}
        </span>
        <span className={styles.plot} aria-hidden>
          <Bars node={node} span={span} axis={axis} />
        </span>
        <span className={styles.length}>
          {span.ran === null ? '–' : span.isOpen ? formatElapsed(span.ran.to - span.ran.from) : lengthText(span.ran)}
        </span>
      </button>
    </li>
  );
});

/** Formats a rate of tokens: `42`, or `3.4` below 10. */
export function formatRate(rate: number): string {
  return formatShortCount(rate < 9.95 ? Math.round(rate * 10) / 10 : Math.round(rate));
}

function lengthText({ from, to }: Interval): string {
  return formatDuration(to - from);
}

function Bars({ node, span, axis }: { readonly node: NodeEntity; readonly span: NodeSpan; readonly axis: Interval }) {
  const { waited, ran, uncertainFrom, attempts, pauses, firstTokenAt } = span;
  const kind = statusKind(node.status);
  const at = ran === null ? null : firstTokenAt;
  return (
    <>
      {attempts.map((attempt) => (
        <Bar key={attempt.from} axis={axis} span={attempt} className={classNames(styles.bar, styles[attempt.kind], styles.earlier)} />
      ))}
      {waited !== null && <Bar axis={axis} span={waited} className={classNames(styles.bar, styles.waited)} />}
      {ran !== null && (
        <Bar
          axis={axis}
          span={uncertainFrom === null ? ran : { from: ran.from, to: uncertainFrom }}
          className={classNames(styles.bar, styles[kind], styles.ran)}
        />
      )}
      {ran !== null && uncertainFrom !== null && (
        <Bar axis={axis} span={{ from: uncertainFrom, to: ran.to }} className={classNames(styles.bar, styles.uncertain)} />
      )}
      {pauses.map((pause) => (
        <Bar key={pause.from} axis={axis} span={pause} className={classNames(styles.bar, styles.pause)} />
      ))}
      {at !== null && (
        <i className={styles.first} style={{ left: `${placeOn(axis, { from: at, to: at }).left}%` }} title={formatFullTime(at)} />
      )}
    </>
  );
}

function Bar({ axis, span, className }: { readonly axis: Interval; readonly span: Interval; readonly className: string }) {
  const { left, width } = placeOn(axis, span);
  return <i className={className} style={{ left: `${left}%`, width: `${width}%` }} />;
}
