import { IntlMessageFormat } from 'intl-messageformat';
import { Fragment, type ReactNode } from 'react';
import { catalogOf, type MessageId } from './catalog';
import type { Language } from './languages';
import { language } from './preferences';

export type { MessageId };

type Parsed = ConstructorParameters<typeof IntlMessageFormat>[0];
type Formatters = NonNullable<NonNullable<ConstructorParameters<typeof IntlMessageFormat>[3]>['formatters']>;

/** Text and numbers of a message. A number is formatted for the language where the message says so. */
export type MessageValues = Readonly<Record<string, string | number>>;

/** Values of a message with tags: the function of a tag gets its content. */
type RichValues = Readonly<Record<string, ReactNode | ((content: ReactNode[]) => ReactNode)>>;

const formats = new Map<string, IntlMessageFormat>();
const numbers = new Map<string, Intl.NumberFormat>();
const plurals = new Map<string, Intl.PluralRules>();

/** Returns the value of a key, created when it is first used. */
function cached<T>(cache: Map<string, T>, key: string, create: () => T): T {
  let value = cache.get(key);
  if (value === undefined) cache.set(key, (value = create()));
  return value;
}

/** Returns a number format that marks a number that may have been rounded: `≈9,007,199,254,740,992`. */
function markedNumberFormat(locales: string, options: Intl.NumberFormatOptions | undefined): Intl.NumberFormat {
  const numberFormat = new Intl.NumberFormat(locales, options);
  const format = numberFormat.format.bind(numberFormat);
  const mark = (value: number) => `${Math.abs(value) > Number.MAX_SAFE_INTEGER ? '≈' : ''}${format(value)}`;
  return Object.defineProperty(numberFormat, 'format', { value: mark });
}

/** Options are rare, and writing them as JSON takes longer than formatting a number. */
function keyOf(locales: Intl.LocalesArgument, options: object | undefined): string {
  return options === undefined ? String(locales) : `${String(locales)} ${JSON.stringify(options)}`;
}

/** Intl objects are expensive to create. Those of all messages are shared. */
const formatters: Formatters = {
  getNumberFormat: (locales, options) => cached(numbers, keyOf(locales, options), () => markedNumberFormat(locales as string, options)),
  getDateTimeFormat: (locales, options) => new Intl.DateTimeFormat(locales as string, options),
  getPluralRules: (locales, options) => cached(plurals, keyOf(locales, options), () => new Intl.PluralRules(locales as string, options)),
};

function formatOf(name: Language, id: MessageId, message: unknown): IntlMessageFormat {
  return cached(formats, `${name} ${id}`, () => new IntlMessageFormat(message as Parsed, name, undefined, { formatters }));
}

/** Returns a message in the language of the page. */
export function t(id: MessageId, values?: MessageValues): string {
  const name = language.get();
  const message = catalogOf(name)[id];
  if (typeof message === 'string') return message;
  return formatOf(name, id, message).format(values) as string;
}

/** Returns the id of the message for a code, such as `connection.end.` and `timeout`; `undefined` if there is none. */
export function findMessage(prefix: string, code: string): MessageId | undefined {
  const id = `${prefix}${code}`;
  return Object.hasOwn(catalogOf(language.get()), id) ? (id as MessageId) : undefined;
}

interface TextProps {
  readonly id: MessageId;
  readonly values: RichValues;
}

/** A message that contains elements. For a message of text alone use `t`. */
export function Text({ id, values }: TextProps) {
  const name = language.get();
  const message = catalogOf(name)[id];
  // In an element of its own, because browser translation replaces text nodes.
  if (typeof message === 'string') return <span>{message}</span>;
  const content = formatOf(name, id, message).format<ReactNode>(values as Record<string, ReactNode>);
  if (!Array.isArray(content)) return <span>{content}</span>;
  // The parts have a fixed order, so that their index identifies them.
  return content.map((part: ReactNode, index) =>
    typeof part === 'string' ? <span key={index}>{part}</span> : <Fragment key={index}>{part}</Fragment>,
  );
}
