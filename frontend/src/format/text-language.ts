/** Attributes of an element whose text was published: browsers do not translate it, and choose its font by its script. */
interface PublishedAttributes {
  readonly translate: 'no';
  readonly lang?: string;
}

const asPublished: PublishedAttributes = { translate: 'no' };
const chinese: PublishedAttributes = { translate: 'no', lang: 'zh' };
const japanese: PublishedAttributes = { translate: 'no', lang: 'ja' };
const korean: PublishedAttributes = { translate: 'no', lang: 'ko' };

/** The first character of a script that has variants by language, or that names the language. Nothing before U+1100 is. */
const eastAsian = /[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]|[\ud840-\ud88d][\udc00-\udfff]/;
const kana = /[\u3040-\u30ff]/;
const hangul = /[\u1100-\u11ff\uac00-\ud7af]/;

/** Number of characters that are examined. */
const sampleLength = 1000;

/**
 * Returns the attributes of an element with a published text. Its language is not published. Han characters have other forms in Chinese, Japanese and
 * Korean: with kana the text is Japanese, with Hangul Korean, otherwise Chinese. Text in other scripts has no `lang`.
 */
export function published(text: string | undefined): PublishedAttributes {
  if (text === undefined || !eastAsian.test(text)) return asPublished;
  const sample = text.slice(0, sampleLength);
  if (kana.test(sample)) return japanese;
  return hangul.test(sample) ? korean : chinese;
}
