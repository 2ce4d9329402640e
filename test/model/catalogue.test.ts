import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue, findReach, type TextEntry } from '../../lib/model/catalogue';
import { splitId } from '../../lib/model/routes';

const source = readFileSync(join(__dirname, '../../lib/model/catalogue.json'), 'utf8');
const texts = catalogue().text.map((entry): [string, TextEntry] => [entry.id, entry]);

describe('The catalogue', () => {
  test('says when its prices were read', () => {
    expect(catalogue().pricesAsOf).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  test('knows each model once', () => {
    const ids = [...catalogue().text, ...catalogue().embedding, ...catalogue().rerank].map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test('holds a model a line, so that a change reads as one', () => {
    const lines = source.split('\n').filter((line) => line.startsWith('    {'));
    expect(lines).toHaveLength(catalogue().text.length + catalogue().embedding.length + catalogue().rerank.length);
  });

  test.each(texts)('describes %s within what a model can be', (id, entry) => {
    expect(splitId(id)).toEqual({ bare: id });
    expect(entry.contextTokens).toBeGreaterThan(1000);
    expect(entry.outputTokens).toBeGreaterThan(0);
    expect(entry.outputTokens).toBeLessThanOrEqual(entry.contextTokens);
    expect(['streaming', 'buffered', 'none']).toContain(entry.tools);
    expect(['both', 'one', 'none']).toContain(entry.sampling);
    expect(entry.inputs).toContain('text');
    expect(Object.keys(entry.prices).length).toBeGreaterThan(0);
    for (const { input = 0, output = 0, cacheRead = 0 } of Object.values(entry.prices)) {
      expect(output).toBeGreaterThanOrEqual(input);
      expect(cacheRead).toBeLessThanOrEqual(input);
    }
  });

  test('names a profile for every model that needs one', () => {
    const stranded = texts.filter(([id]) => findReach(id)?.needsProfile && findReach(id)?.geographies.length === 0);
    expect(stranded).toEqual([]);
  });

  test('adds knowledge and forbids nothing', () => {
    expect(findReach('acme.chat-v9')).toBeUndefined();
  });
});
