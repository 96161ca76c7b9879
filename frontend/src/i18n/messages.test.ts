import { afterEach, describe, expect, it } from 'vitest';
import { t } from './messages';
import { preferredLanguage } from './languages';
import { language } from './preferences';

afterEach(() => language.choose('en'));

describe('messages', () => {
  it('formats numbers and plurals for the language of the page', () => {
    const texts = () => [0, 1, 1204].map((count) => t('feed.count', { count }));
    expect(texts()).toEqual(['0 events', '1 event', '1,204 events']);
    language.choose('zh-CN');
    expect(texts()).toEqual(['0 个事件', '1 个事件', '1,204 个事件']);
  });

  it('marks a number that may have been rounded', () => {
    expect(t('feed.count', { count: 2 ** 53 })).toBe('≈9,007,199,254,740,992 events');
    expect(t('connections.count', { count: 2 ** 53, instances: 1, more: 0 })).toBe('≈9,007,199,254,740,992 open at 1 instance');
  });

  it('prefers the first supported language of the browser', () => {
    expect([['de', 'zh-TW', 'en'], ['en-GB', 'zh'], ['fr'], []].map(preferredLanguage)).toEqual(['zh-CN', 'en', 'en', 'en']);
  });
});
