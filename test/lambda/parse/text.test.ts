import { expectSound, failure, read, text } from './reading';

describe('Markdown', () => {
  test('the text stays as it is, and its blocks are found', async () => {
    const source = '---\ntitle: "My page"\n---\n\n# Top\nWords\nmore.\n\n- one\n\n  still one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\n# no heading\n\nls\n```\nLow\n---\n\n    indented\n';
    const document = await read(source, 'a.md');
    expect(document.text).toBe(source);
    expect(document.title).toBe('My page');
    expect(document.blocks.map(({ kind, level, start, end }) => [kind, level, source.slice(start, end).split('\n')[0]])).toEqual([
      ['code', undefined, '---'], ['heading', 1, '# Top'], ['paragraph', undefined, 'Words'], ['list', undefined, '- one'], ['table', undefined, '| a | b |'],
      ['code', undefined, '```sh'], ['heading', 2, 'Low'], ['code', undefined, 'indented'],
    ]);
    expectSound(document);
  });
});

describe('HTML', () => {
  test('headings, paragraphs, lists and code stay; what stands around them goes', async () => {
    const document = await read(`<!doctype html><html><head><title>The page</title><style>p{}</style></head><body><nav><a>Home</a></nav><script>x()</script>
      <h1>Big <em>one</em></h1><p>First<br>line &amp; more<p>Second <a href="/x">link</a></p><div hidden>secret</div>
      <ul><li>a<ol start="3"><li>deep</li></ol></li><li>b</li></ul><dl><dt>Term</dt><dd>Said</dd></dl><pre><code class="language-js">if (a)
  b();</code></pre><footer>(c)</footer></body></html>`, 'a.html');
    expect(document.text).toBe('# Big one\n\nFirst\nline & more\n\nSecond link\n\n- a\n    3. deep\n- b\n\n- Term\n    - Said\n\n```js\nif (a)\n  b();\n```');
    expect(document.title).toBe('The page');
    expectSound(document);
  });

  test('cells that span are said in each place, and tables for looks are no tables', async () => {
    expect(await text('<table><caption>Sizes</caption><tr><th rowspan=2>A<th colspan=2>B<tr><td>1<td>2</table><table role="presentation"><tr><td>left<td>right</table>', 'a.html'))
      .toBe('Sizes\n\n| A | B | B |\n| --- | --- | --- |\n| A | 1 | 2 |\n\nleft\n\nright');
  });

  test('the main part is taken for the whole where it is most of it', async () => {
    const words = 'Words that matter. '.repeat(10);
    expect(await text(`<div>Cookies?</div><main><p>${words}</p></main><div>Other pages</div>`, 'a.html')).toBe(words.trim());
    expect(await text(`<main>…</main><p>${words}</p>`, 'a.html')).toBe(`…\n\n${words.trim()}`);
  });

  test('a page of nothing but what stands around is read all the same', async () => {
    expect(await text('<header>Head</header><footer>Foot</footer>', 'a.html')).toBe('Head');
    expect(await text('<nav>Only this</nav>', 'a.html')).toBe('Only this');
    expect(await failure(read('<script>1</script>', 'a.html'))).toEqual({ kind: 'empty', message: 'the page shows no text' });
  });

  test('tags that nobody closed do not nest without end', async () => {
    expect((await text(`${'<div><b>'.repeat(20_000)}deep`, 'a.html'))).toBe('deep');
  });
});

describe('CSV', () => {
  test('is one table, however its cells are parted and quoted', async () => {
    expect(await text('a;b\n1;"x; ""y""\nz"\n2;p|q\n', 'a.csv')).toBe('| a | b |\n| --- | --- |\n| 1 | x; "y" z |\n| 2 | p\\|q |');
    expect(await text('sep=|\na|b\n1|2', 'a.csv')).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |');
    expect(await text('a\tb\n1,5\t2,5\n', 'a.tsv')).toBe('| a | b |\n| --- | --- |\n| 1,5 | 2,5 |');
    expect(await text('a,b\n1,"open', 'a.csv')).toBe('| a | b |\n| --- | --- |\n| 1 | open |');
  });
});

describe('JSON', () => {
  test('values stand under their keys, and records that are alike are a table', async () => {
    const value = { name: 'x', tags: ['a', 'b'], owner: { id: 1 }, rows: [{ a: 1, b: null }, { a: 2, b: true }] };
    expect(await text(JSON.stringify(value), 'a.json')).toBe('name: x\n\n# tags\n\n- a\n- b\n\n# owner\n\nid: 1\n\n# rows\n\n| a | b |\n| --- | --- |\n| 1 |  |\n| 2 | true |');
  });

  test('each line of JSON lines is a record', async () => {
    expect(await text('{"id":1,"at":{"x":2}}\n{"id":2,"at":{"y":[3,4]}}\n', 'a.jsonl')).toBe('id: 1\nat.x: 2\n\nid: 2\nat.y: 3, 4');
  });

  test('refuses what is none, and says where', async () => {
    expect(await failure(read('{"a":', 'a.json'))).toMatchObject({ kind: 'broken', message: expect.stringContaining('the document is not JSON') });
    expect(await failure(read('{"a":1}\nno', 'a.jsonl'))).toMatchObject({ kind: 'broken', message: expect.stringContaining('line 2 is not JSON') });
    expect(await failure(read('['.repeat(2_000) + ']'.repeat(2_000), 'a.json'))).toMatchObject({ kind: 'tooLarge' });
  });
});

describe('encodings', () => {
  const wide = (words: string) => Buffer.from(words, 'utf16le');

  test.each([
    ['UTF-8 with its mark', Buffer.from('\ufeffGrüße', 'utf8'), 'a.txt', undefined],
    ['UTF-16 with its mark', wide('\ufeffGrüße'), 'a.txt', undefined],
    ['UTF-16 without', wide('Grüße'), 'a.txt', undefined],
    ['UTF-16, the other way round', wide('Grüße').swap16(), 'a.txt', undefined],
    ['what the upload says', Buffer.from('Grüße', 'latin1'), 'a.txt', 'text/plain; charset=iso-8859-1'],
    ['what nobody says', Buffer.from('Grüße', 'latin1'), 'a.txt', undefined],
    ['UTF-8 that says to be something else', Buffer.from('Grüße'), 'a.txt', 'text/plain; charset=iso-8859-1'],
  ])('%s', async (_, bytes, name, contentType) => {
    expect(await text(bytes, name, { contentType })).toBe('Grüße');
  });

  test('what a page says of itself', async () => {
    const said = Buffer.concat([Buffer.from('<meta charset="shift_jis"><p>'), Buffer.from([0x93, 0xfa, 0x96, 0x7b])]);
    expect(await text(said, 'a.html')).toBe('日本');
  });
});

describe('what a document is', () => {
  test.each([
    ['its bytes come first', '<!doctype html><p>x', 'a.txt', 'text/plain', 'x'],
    ['its ending second', '# a\nb', 'a.txt', 'text/markdown', '# a\nb'],
    ['the type it was uploaded as third', '{"a":1}', 'a', 'application/json', 'a: 1'],
    ['what it looks like last', '{"a":1}', 'a', undefined, 'a: 1'],
    ['text otherwise', 'a\n \nb\n\n\nc', 'a', undefined, 'a\n\nb\n\nc'],
  ])('%s', async (_, content, name, contentType, expected) => {
    expect(await text(content, name, { contentType })).toBe(expected);
  });

  test.each([
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'scanned', 'the document is a picture (PNG) without text'],
    ['RTF', Buffer.from('{\\rtf1 x}'), 'unsupported', 'the document is RTF; PDF, DOCX'],
    ['an old Word document', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'unsupported', 'save it as DOCX'],
    ['a protected package', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]), 'encrypted', 'save it without one'],
    ['no text', Buffer.from([1, 2, 3, 0, 5, 200, 0, 255, 0, 0, 0, 9]), 'unsupported', 'neither text nor of a format'],
    ['nothing', Buffer.alloc(0), 'empty', 'no bytes'],
    ['blanks', Buffer.from(' \n\t '), 'empty', 'nothing but blanks'],
  ])('refuses %s', async (_, bytes, kind, message) => {
    expect(await failure(read(bytes, 'a.bin'))).toEqual({ kind, message: expect.stringContaining(message) });
  });
});

test.each([
  ['a.xml', '<?xml version="1.0"?>\n<a>\n  <b x="1">One  two</b>\n</a>', '<?xml version="1.0"?>\n<a>\n<b x="1">One two</b>\n</a>'],
  ['a.svg', '<svg width="1"><text>Hello</text></svg>', '<svg width="1"><text>Hello</text></svg>'],
  ['a.yaml', 'fees:\n  - one: 1\n\n  - two: 2\n', 'fees:\n- one: 1\n\n- two: 2'],
  ['a.ts', 'function a() {\n  return 1;\n}\n', 'function a() {\nreturn 1;\n}'],
  ['a.py', '# Of fees\ndef fee():\n    return 1\n', '# Of fees\ndef fee():\n    return 1\n'],
])('a text of a format that nobody names is text, marks and all, or Markdown where it looks like that: %s', async (name, source, said) => {
  expect(await text(source, name)).toBe(said);
});

test('what cannot be seen does not come through', async () => {
  expect(await text(`a\u0000b\u200bc ${'and so on '.repeat(9)}`, 'a.txt')).toMatch(/^abc and so on/);
});
