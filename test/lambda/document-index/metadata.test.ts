import { deployIndex } from './deployed-index';

describe('what describes a document', () => {
  const described = async (file: string, terms = {}, content = 'one') => {
    const index = deployIndex({ terms });
    await index.settle(async () => {
      index.originals.objects.set('a.txt.metadata.json', file);
      await index.change('a.txt', content);
    });
    return index;
  };
  const [text, list] = [{ name: 'owner', type: 'string' as const }, { name: 'tags', type: 'stringList' as const }];

  test('is kept beside its chunks, as far as it was declared', async () => {
    const index = await described('{"metadataAttributes":{"owner":"acme","tags":{"value":{"type":"STRING_LIST","stringListValue":["a"]}},"other":1}}', { fields: [text, list] });
    expect([...index.store.chunks.values()].map(({ metadata }) => metadata)).toEqual([{ owner: 'acme', tags: ['a'] }]);
  });

  test('says whose it is, and must, where documents belong to tenants', async () => {
    const index = await described('{"metadataAttributes":{"owner":"acme"}}', { fields: [text], tenantField: 'owner' });
    expect(index.state('a.txt')).toMatchObject({ tenants: ['acme'], notes: [] });
    await index.settle(() => index.change('a.txt.metadata.json', undefined));
    expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: expect.stringContaining("by 'owner': nobody would find it") });
    expect(index.store.chunks.size).toBe(0);
  });

  test.each([
    ['what it says besides', '{"metadataAttributes":{"owner":"acme","year":"last"}}', 'of a.txt', "'year' must be a number"],
    ['what lies in it', '{"metadataAttributes":{"owner":"acme"}}', 'broken', 'It is broken.'],
  ])('is said of a document that cannot be read for %s: its tenant sees why', async (_, file, content, reason) => {
    const index = await described(file, { fields: [text, { name: 'year', type: 'number' }], tenantField: 'owner' }, content);
    expect(index.state('a.txt')).toMatchObject({ state: 'failed', tenants: ['acme'], reason: expect.stringContaining(reason) });
  });

  test.each([
    ['{', 'no JSON'], ['[]', 'must hold {"metadataAttributes"'], ['{"metadataAttributes":{"owner":7}}', "'owner' must be a text"], [`{"metadataAttributes":{"x":"${'x'.repeat(11_000)}"}}`, 'at most 10240 bytes'],
  ])('refuses %.40s', async (file, reason) => {
    const index = await described(file, { fields: [text], tenantField: 'owner' });
    expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: expect.stringContaining(reason) });
  });
});
