import { eventIds, type LogLine } from 'cecelia-client/state';
import { type CSSProperties, memo } from 'react';
import { classNames } from '../../../components/class-names';
import { formatClock, parseTimestamp } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import type { TextStyle } from './ansi';
import { logParts, severityOf } from './log-filter';
import styles from './execution-logs.module.css';

interface LogRowProps {
  readonly line: LogLine;
  readonly search: string;
  /** It is the line that the search has reached. */
  readonly isCurrent: boolean;
  readonly zone: string;
}

const severities = ['debug', 'info', 'warning', 'error'] as const;

/** A line of the log with time, level, node and message. */
export const LogRow = memo(function LogRow({ line, search, isCurrent, zone }: LogRowProps) {
  const at = parseTimestamp(line.timestamp);
  return (
    <div
      {...published(line.message)}
      className={classNames(styles.line, styles[severities[severityOf(line.level)]], isCurrent && styles.current)}
    >
      <time title={zone}>{at === null ? '' : formatClock(at, true)}</time>
      <b>{line.level}</b>
      <span>{eventIds(line.event).nodeId}</span>
      <p>
        {logParts(line.message, search).map(({ text, style, isMatch }, index) => {
          const Part = isMatch ? 'mark' : 'span';
          // The parts have a fixed order, so that their index identifies them.
          return (
            <Part key={index} {...(style !== null && styleOf(style))}>
              {text}
            </Part>
          );
        })}
      </p>
    </div>
  );
});

function styleOf({ color, background, isBold, isDim, isItalic, isUnderlined }: TextStyle): { className: string; style: CSSProperties } {
  const css = (value: NonNullable<TextStyle['color']>) => (value.startsWith('rgb') ? value : `var(--ansi-${value})`);
  return {
    className: classNames(
      // A color of the publisher is mixed with that of the text, so that it is readable in both themes.
      color?.startsWith('rgb') === true && styles.mixed,
      background !== null && styles.background,
      isBold && styles.bold,
      isDim && styles.dim,
      isItalic && styles.italic,
      isUnderlined && styles.underlined,
    ),
    style: {
      ...(color !== null && (color.startsWith('rgb') ? { '--ansi': color } : { color: css(color) })),
      ...(background !== null && { '--ansi-background': css(background) }),
    } as CSSProperties,
  };
}
