import type { NodeEntity } from 'cecelia-client';
import { describe, expect, it } from 'vitest';
import { language } from '../../../i18n/preferences';
import { executionCost, nodeCost, noPrices, parsePrices, type PriceTable } from './prices';

const node = (usage: object, model?: string): NodeEntity => ({
  id: 'n',
  data: { ...(model !== undefined && { model }) },
  usage: usage as NonNullable<NodeEntity['usage']>,
  timestamp: '2026-02-06T08:30:00Z',
  received: '2026-02-06T08:30:00Z',
});
const table: PriceTable = { currency: 'EUR', models: { large: { input: 3, output: 15 } } };
const million = { prompt_tokens: 1_000_000, completion_tokens: 2_000_000 };

describe('costs', () => {
  it('has input and output at the price of the model', () => {
    expect(nodeCost(node({ ...million, model: 'large' }), table)).toBe(33);
    expect(nodeCost(node(million, 'large'), table)).toBe(33);
  });

  it('is unknown without a price or without a number of tokens', () => {
    expect(nodeCost(node({ ...million, model: 'small' }), table)).toBeNull();
    expect(nodeCost(node({ prompt_tokens: 5, model: 'large' }), table)).toBeNull();
    expect(nodeCost(node({ ...million, model: 'toString' }), table)).toBeNull();
    expect(executionCost(undefined, [node({ ...million, model: 'large' })], noPrices)).toBeNull();
  });

  it('uses the price of any model where the model has none', () => {
    const any: PriceTable = { ...table, models: { ...table.models, '*': { input: 1, output: 1 } } };
    expect(nodeCost(node({ ...million, model: 'small' }), any)).toBe(3);
    expect(nodeCost(node(million), any)).toBe(3);
  });

  it('is a lower bound if a part has no price', () => {
    const nodes = [node({ ...million, model: 'large' }), node({ ...million, model: 'small' })];
    expect(executionCost(undefined, nodes, table)).toEqual({ amount: 33, isLowerBound: true });
    expect(executionCost(undefined, nodes.slice(0, 1), table)).toEqual({ amount: 33, isLowerBound: false });
  });
});

describe('parsePrices', () => {
  it('reads what JSON.stringify wrote', () => expect(parsePrices(JSON.stringify(table))).toEqual(table));

  it.each([
    'nonsense',
    '[]',
    'null',
    '{"currency":"euro","models":{}}',
    '{"currency":"EUR","models":[]}',
    '{"currency":"EUR","models":{"a":{"input":-1,"output":1}}}',
    '{"currency":"EUR","models":{"a":{"input":"1","output":1}}}',
    '{"currency":"EUR","models":{"":{"input":1,"output":1}}}',
    '{"currency":"EUR","models":{"__proto__":{"input":1,"output":1}}}',
    '{"currency":"EUR","models":{"a":null}}',
  ])('refuses %s', (text) => expect(() => parsePrices(text)).toThrow(TypeError));

  it('says the reason in the language of the page', () => {
    language.override('zh-CN');
    expect(() => parsePrices('nonsense')).toThrow('内容不是 JSON');
    language.override(null);
    expect(() => parsePrices('nonsense')).toThrow('the text is not JSON');
  });
});
