import { IntlMessageFormat } from 'intl-messageformat';
import { Fragment, type ReactNode } from 'react';
import { catalogs, type MessageId } from './catalog';
import { type Language, language } from './preferences';

export type { MessageId };

type Parsed = ConstructorParameters<typeof IntlMessageFormat>[0];

/** Text and numbers of a message. A number is formatted for the language where the message says so. */
export type MessageValues = Readonly<Record<string, string | number>>;

/** Values of a message with tags: the function of a tag gets its content. */
export type RichValues = Readonly<Record<string, ReactNode | ((content: ReactNode[]) => ReactNode)>>;

const formats = new Map<string, IntlMessageFormat>();

function formatOf(name: Language, id: MessageId, message: unknown): IntlMessageFormat {
  const key = `${name} ${id}`;
  let format = formats.get(key);
  if (format === undefined) formats.set(key, (format = new IntlMessageFormat(message as Parsed, name)));
  return format;
}

/** Returns a message in the language of the page. */
export function t(id: MessageId, values?: MessageValues): string {
  const name = language.get();
  const message = catalogs[name][id];
  if (typeof message === 'string') return message;
  return formatOf(name, id, message).format(values) as string;
}

interface TextProps {
  readonly id: MessageId;
  readonly values: RichValues;
}

/** A message that contains elements. For a message of text alone use `t`. */
export function Text({ id, values }: TextProps) {
  const name = language.get();
  const message = catalogs[name][id];
  if (typeof message === 'string') return message;
  const content = formatOf(name, id, message).format<ReactNode>(values as Record<string, ReactNode>);
  // The parts have a fixed order, so that their index identifies them.
  return Array.isArray(content) ? content.map((part, index) => <Fragment key={index}>{part}</Fragment>) : content;
}
