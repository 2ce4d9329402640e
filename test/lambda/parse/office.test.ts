import { docx, expectSound, failure, paragraph, pptx, read, relations, text, xlsx, zipped } from './reading';

const STYLES = {
  'word/_rels/document.xml.rels': relations({ s: ['styles', 'styles.xml'], n: ['numbering', 'numbering.xml'], f: ['footnotes', 'footnotes.xml'], c: ['chart', 'charts/c.xml'] }),
  'word/styles.xml': `<w:styles>
    <w:style w:styleId="Title"><w:name w:val="Title"/></w:style>
    <w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>
    <w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="H2"/></w:style>
    <w:style w:styleId="H2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>
    <w:style w:styleId="Toc"><w:name w:val="toc 1"/></w:style>
    <w:style w:styleId="Code"><w:name w:val="Source Code"/></w:style></w:styles>`,
  'word/numbering.xml': `<w:numbering>
    <w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
      <w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
    <w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="4"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1"/></w:lvl></w:abstractNum>
    <w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="x"/></w:lvl></w:abstractNum>
    <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num></w:numbering>`,
  'word/footnotes.xml': `<w:footnotes><w:footnote w:id="-1">${paragraph('never')}</w:footnote><w:footnote w:id="7">${paragraph('See below.')}</w:footnote></w:footnotes>`,
  'word/charts/c.xml': '<c:chartSpace><c:chart><c:plotArea><c:ser><c:tx><c:pt idx="0"><c:v>Sales</c:v></c:pt></c:tx>'
    + '<c:cat><c:pt idx="0"><c:v>Q1</c:v></c:pt></c:cat><c:val><c:pt idx="0"><c:v>7</c:v></c:pt></c:val></c:ser></c:plotArea></c:chart></c:chartSpace>',
};

const style = (id: string) => `<w:pStyle w:val="${id}"/>`;
const listed = (id: number, level = 0) => `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${id}"/></w:numPr>`;
const cell = (words: string, properties = '') => `<w:tc><w:tcPr>${properties}</w:tcPr>${paragraph(words)}</w:tc>`;

describe('Word', () => {
  test('headings are told by their styles, by those these are based on, and carry their numbers', async () => {
    const document = await read(docx(paragraph('Report', style('Title')) + paragraph('Start', style('H1')) + paragraph('Costs', style('Mine')) + paragraph('Gains', style('H2'))
      + paragraph('Loose', '<w:outlineLvl w:val="2"/>') + paragraph('Words &amp; more.'), STYLES), 'a.docx');
    expect(document.text).toBe('# Report\n\n# Start\n\n## IV Costs\n\n## V Gains\n\n### Loose\n\nWords & more.');
    expect(document.blocks.map(({ kind, level }) => [kind, level])).toEqual([['heading', 1], ['heading', 1], ['heading', 2], ['heading', 2], ['heading', 3], ['paragraph', undefined]]);
    expectSound(document);
  });

  test('lists carry their numbers and levels', async () => {
    const items = [['one', 1, 0], ['below', 1, 1], ['also', 1, 1], ['two', 1, 0], ['below two', 1, 1], ['dot', 3, 0]] as const;
    const document = await read(docx(items.map(([words, id, level]) => paragraph(words, listed(id, level))).join(''), STYLES), 'a.docx');
    expect(document.text).toBe('1. one\n    - 1.a) below\n    - 1.b) also\n2. two\n    - 2.a) below two\n- dot');
    expect(document.blocks).toHaveLength(1);
  });

  test('a merged cell is said in each place it covers, and a pipe does not end its cell', async () => {
    const rows = [
      cell('Name') + cell('Size', '<w:gridSpan w:val="2"/>'),
      cell('a|b', '<w:vMerge w:val="restart"/>') + cell('1') + cell('2'),
      cell('', '<w:vMerge/>') + cell('3') + cell('4'),
    ];
    expect(await text(docx(`<w:tbl>${rows.map((row) => `<w:tr>${row}</w:tr>`).join('')}</w:tbl>`), 'a.docx'))
      .toBe('| Name | Size | Size |\n| --- | --- | --- |\n| a\\|b | 1 | 2 |\n| a\\|b | 3 | 4 |');
  });

  test('footnotes stand at the end, text boxes behind their paragraph, charts as tables; what was deleted and contents are left out', async () => {
    const box = '<w:r><mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent>' + paragraph('In a box') + '</w:txbxContent></wps:txbx></mc:Choice>'
      + '<mc:Fallback><w:txbxContent>' + paragraph('In a box') + '</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>';
    const body = `<w:p><w:r><w:t>Claim</w:t><w:footnoteReference w:id="7"/></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>${box}</w:p>`
      + paragraph('1 Start 3', style('Toc')) + '<w:p><w:r><w:drawing><c:chart r:id="c"/></w:drawing></w:r></w:p>' + paragraph('x = 1', style('Code')) + paragraph('  y', style('Code'));
    expect(await text(docx(body, STYLES), 'a.docx'))
      .toBe('Claim[^1]\n\nIn a box\n\n|  | Sales |\n| --- | --- |\n| Q1 | 7 |\n\n```\nx = 1\n  y\n```\n\n[^1]: See below.');
  });

  test('an equation is LaTeX', async () => {
    const run = (words: string) => `<m:r><m:t>${words}</m:t></m:r>`;
    const body = `<w:p><m:oMath>${run('x=')}<m:f><m:num>${run('a')}</m:num><m:den><m:sSup><m:e>${run('b')}</m:e><m:sup>${run('2')}</m:sup></m:sSup></m:den></m:f>`
      + `<m:rad><m:deg/><m:e>${run('c')}</m:e></m:rad></m:oMath></w:p>`;
    expect(await text(docx(body), 'a.docx')).toBe('$x=\\frac{a}{b^{2}}\\sqrt{c}$');
  });
});

describe('PowerPoint', () => {
  const shape = (words: readonly string[], type = '') => `<p:sp><p:nvSpPr><p:nvPr>${type && `<p:ph type="${type}"/>`}</p:nvPr></p:nvSpPr>
    <p:txBody>${words.map((line) => `<a:p><a:r><a:t>${line}</a:t></a:r></a:p>`).join('')}</p:txBody></p:sp>`;

  test('slides are pages in the order of the show, titles first, lists where there is more than one line', async () => {
    const document = await read(pptx(shape(['First', 'Second'], 'body') + shape(['Welcome'], 'title') + shape(['12'], 'sldNum'), shape(['Thanks'], 'ctrTitle')), 'a.pptx');
    expect(document.text).toBe('# Welcome\n\n- First\n- Second\n\n# Thanks');
    expect(document.pages).toEqual([{ page: 1, start: 0 }, { page: 2, start: document.text.indexOf('# Thanks') }]);
    expectSound(document);
  });

  test('tables keep what was merged, and groups their shapes', async () => {
    const cells = (...all: readonly string[]) => `<a:tr>${all.join('')}</a:tr>`;
    const tc = (words: string, attributes = '') => `<a:tc ${attributes}><a:txBody><a:p><a:r><a:t>${words}</a:t></a:r></a:p></a:txBody></a:tc>`;
    const table = `<p:graphicFrame><a:graphic><a:graphicData><a:tbl>${cells(tc('A', 'gridSpan="2"'), tc('', 'hMerge="1"'))}${cells(tc('b'), tc('c'))}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
    expect(await text(pptx(`<p:grpSp>${shape(['Grouped'])}</p:grpSp>${table}`), 'a.pptx')).toBe('Grouped\n\n| A | A |\n| --- | --- |\n| b | c |');
  });

  test('refuses more slides than the policy allows, and pictures alone', async () => {
    expect(await failure(read(pptx(shape(['a']), shape(['b'])), 'a.pptx', { policy: { pages: 1 } }))).toEqual({ kind: 'tooLarge', message: 'the presentation has 2 slides; at most 1 are read' });
    expect(await failure(read(pptx('<p:pic/>'), 'a.pptx'))).toEqual({ kind: 'empty', message: 'no slide holds any text' });
  });
});

describe('Excel', () => {
  const MORE = {
    'xl/sharedStrings.xml': '<sst><si><t>Name</t></si><si><r><t>Bo</t></r><r><t>th</t></r><rPh><t>never</t></rPh></si></sst>',
    'xl/styles.xml': '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[$-409]d\\.mmm\\ yyyy;@"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
      + '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="10"/><xf numFmtId="22"/></cellXfs></styleSheet>',
  };

  test('values are as a reader sees them: shared text, dates, shares, formulas\' results', async () => {
    const rows = '<sheetData><row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="inlineStr"><is><t>In</t></is></c></row>'
      + '<row r="3"><c r="B3" s="1"><v>45292</v></c><c r="C3" s="2"><v>0.125</v></c><c r="D3" s="3"><v>45292.5</v></c></row>'
      + '<row r="4"><c r="B4" t="b"><v>1</v></c><c r="C4"><f>1/3*3.3</f><v>1.1000000000000001</v></c><c r="D4" t="e"><v>#N/A</v></c></row></sheetData>';
    const document = await read(xlsx({ Costs: rows }, MORE), 'a.xlsx');
    expect(document.text).toBe('## Costs\n\n| Name | Both | In |\n| --- | --- | --- |\n| 2024-01-01 | 12.5% | 2024-01-01 12:00:00 |\n| TRUE | 1.1 | #N/A |');
    expectSound(document);
  });

  test('what stands apart on a sheet is a table of its own, titles over it paragraphs; merged cells are said in each, sheets are pages', async () => {
    const row = (at: number, cells: Readonly<Record<string, string>>) => `<row r="${at}">${Object.entries(cells).map(([column, value]) => `<c r="${column}${at}" t="str"><v>${value}</v></c>`).join('')}</row>`;
    const first = `<sheetData>${row(1, { A: 'Title' })}${row(2, { A: 'a' })}${row(3, { A: 'k', B: 'b', C: 'c' })}${row(4, { B: 'd', C: 'e' })}
      ${row(6, { A: 'x', B: 'y', D: 'far', E: 'off' })}${row(7, { A: '1', B: '2', D: '3', E: '4' })}${row(9, { A: 'p', C: 'q' })}${row(10, { A: 'r', C: 's' })}</sheetData>
      <mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="A3:A4"/></mergeCells>`;
    const document = await read(xlsx({ One: first, Two: `<sheetData>${row(1, { A: 'alone' })}</sheetData>` }), 'a.xlsx');
    expect(document.text).toBe('## One\n\nTitle\n\na\n\n| k | b | c |\n| --- | --- | --- |\n| k | d | e |\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n\n'
      + '| far | off |\n| --- | --- |\n| 3 | 4 |\n\n| p | q |\n| --- | --- |\n| r | s |\n\n## Two\n\nalone');
    expect(document.pages?.map(({ page, start }) => [page, document.text.slice(start, start + 6)])).toEqual([[1, '## One'], [2, '## Two']]);
  });

  test('refuses a workbook without a value', async () => {
    expect((await failure(read(xlsx({ A: '<sheetData/>' }), 'a.xlsx'))).kind).toBe('empty');
  });
});

test('a package is what it holds, whatever its name says', async () => {
  expect(await text(docx(paragraph('Words')), 'report.pdf', { contentType: 'application/pdf' })).toBe('Words');
  expect(await failure(read(zipped({ 'a.txt': 'x' }), 'a.docx'))).toMatchObject({ kind: 'unsupported', message: expect.stringContaining('an archive that is no DOCX') });
});
