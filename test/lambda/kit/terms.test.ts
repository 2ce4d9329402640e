import fc from 'fast-check';
import { stem } from '../../../lambda/kit/stem';
import { termCounts, terms } from '../../../lambda/kit/terms';

test('English words lose their endings', () => {
  const pairs = {
    consigned: 'consign',
    knackeries: 'knackeri',
    hopping: 'hop',
    hoping: 'hope',
    ties: 'tie',
    cries: 'cri',
    generally: 'general',
    relational: 'relat',
    replacement: 'replac',
    happy: 'happi',
    say: 'say',
    enjoy: 'enjoy',
    agreed: 'agre',
    feed: 'feed',
    caresses: 'caress',
    gas: 'gas',
    kiwis: 'kiwi',
    luxuriated: 'luxuri',
    communism: 'communism',
    apologies: 'apolog',
    falling: 'fall',
    yearly: 'year',
    youth: 'youth',
    boyish: 'boyish',
    dying: 'die',
    organizational: 'organiz',
    adoption: 'adopt',
    inning: 'inning',
    bed: 'bed',
  };
  for (const [word, stemmed] of Object.entries(pairs)) expect([word, stem(word)]).toEqual([word, stemmed]);
});

test('words are found whatever their case, accents and apostrophes', () => {
  expect(terms('Café CAFE\u0301 cafe')).toEqual(['cafe', 'cafe', 'cafe']);
  expect(terms('the dog\u2019s bone')).toEqual(['dog', 'bone']);
  expect(terms('IL-6 at 3.5%')).toEqual(['il', '6', '3', '5']);
});

test('French and Italian words are found without what is elided before them', () => {
  expect(terms("l\u2019ann\u00e9e qu'elle d'Italia dell'anno")).toEqual([...terms('annee elle italia anno')]);
  expect(terms("don't I'm o'clock")).toEqual(terms("don't i'm o'clock"));
  expect(terms("rock'n'roll")).toHaveLength(1);
});

test('what is written without spaces is found by its pairs of letters', () => {
  expect(terms('東京都へ')).toEqual(['東京', '京都', '都へ']);
  expect(terms('水')).toEqual(['水']);
  expect(terms('ABC東京x')).toEqual(['abc', '東京', 'x']);
});

test('scripts with vowel signs keep their words whole', () => expect(terms('हिन्दी भाषा')).toHaveLength(2));

test('any text has words of at most 64 letters, and counts them all', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
    const found = terms(text);
    expect(found.every((term) => term.length > 0 && term.length <= 64)).toBe(true);
    expect([...termCounts(text).values()].reduce((sum, count) => sum + count, 0)).toBe(found.length);
  }));
});
