import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import { formatField } from '../../../format/format-value';
import { t } from '../../../i18n/messages';

/** Price of a model per million tokens. */
interface Price {
  readonly input: number;
  readonly output: number;
}

/** The prices that the user has set. There are no others. */
export interface PriceTable {
  /** ISO 4217. */
  readonly currency: string;
  /** By the name of the model as published; `*`: of every other model, and of usage without a model. */
  readonly models: Readonly<Record<string, Price>>;
}

export const anyModel = '*';
/** Maximum number of models and length of a name. */
const modelLimit = 200;
const nameLimit = 200;

export const noPrices: PriceTable = { currency: 'USD', models: {} };

/** `isLowerBound`: a part of the usage has no price, or no number of tokens. */
export interface Cost {
  readonly amount: number;
  readonly isLowerBound: boolean;
}

type Usage = NonNullable<NodeEntity['usage']>;

/** Returns the cost of an execution from the usage of its nodes, or without any from its own; `null`: nothing of it has a price. */
export function executionCost(execution: ExecutionEntity | undefined, nodes: readonly NodeEntity[], table: PriceTable): Cost | null {
  const ofNodes = nodes.flatMap((node) =>
    node.usage === undefined ? [] : [usageCost(node.usage, formatField(node.data, 'model'), table)],
  );
  const costs = ofNodes.length > 0 ? ofNodes : execution?.usage === undefined ? [] : [usageCost(execution.usage, undefined, table)];
  const known = costs.filter((cost) => cost !== null);
  if (known.length === 0) return null;
  return { amount: known.reduce((sum, cost) => sum + cost, 0), isLowerBound: known.length < costs.length };
}

/** Returns the cost of a node's tokens; `null` without a price or without both numbers. */
export function nodeCost(node: NodeEntity, table: PriceTable): number | null {
  return node.usage === undefined ? null : usageCost(node.usage, formatField(node.data, 'model'), table);
}

function usageCost(usage: Usage, modelOfNode: string | undefined, { models }: PriceTable): number | null {
  const model = formatField(usage, 'model') ?? modelOfNode ?? anyModel;
  const price = Object.hasOwn(models, model) ? models[model] : Object.hasOwn(models, anyModel) ? models[anyModel] : undefined;
  const { prompt_tokens: input, completion_tokens: output } = usage;
  if (price === undefined || typeof input !== 'number' || typeof output !== 'number') return null;
  return (input * price.input + output * price.output) / 1_000_000;
}

/** Parses what was stored or imported. @throws TypeError with the reason in the language of the page, if it is not a price table. */
export function parsePrices(text: string): PriceTable {
  const value = parseObject(text);
  const { currency, models } = value;
  if (!isCurrency(currency)) throw new TypeError(t('execution.prices.invalid.currency'));
  if (typeof models !== 'object' || models === null || Array.isArray(models)) throw new TypeError(t('execution.prices.invalid.models'));
  const entries = Object.entries(models as Record<string, unknown>);
  if (entries.length > modelLimit) throw new TypeError(t('execution.prices.invalid.many', { limit: modelLimit }));
  return { currency, models: Object.fromEntries(entries.map(([name, price]) => [checkedName(name), parsePrice(name, price)])) };
}

function isCurrency(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Z]{3}$/.test(text);
}

/** Whether a number is a price: not negative, and not larger than any sensible one. */
function isPrice(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1_000_000;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TypeError(t('execution.prices.invalid.json'), { cause: error });
  }
  if (typeof value !== 'object' || value === null) throw new TypeError(t('execution.prices.invalid.object'));
  return value as Readonly<Record<string, unknown>>;
}

function checkedName(name: string): string {
  if (name === '' || name.length > nameLimit || name === '__proto__') throw new TypeError(t('execution.prices.invalid.name'));
  return name;
}

function parsePrice(name: string, value: unknown): Price {
  const { input, output } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Record<'input' | 'output', unknown>>;
  if (!isPrice(input) || !isPrice(output)) throw new TypeError(t('execution.prices.invalid.price', { name }));
  return { input, output };
}
