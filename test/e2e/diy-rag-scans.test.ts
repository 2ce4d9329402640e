import { emittedMetrics } from './emitted-metrics';
import { runRags, until } from './run-rags';
import { ScanReading, Splitter } from '../../lib/diy-rag';

/** Pages that show a picture, and nothing that could be read. */
function scannedPdf(pages: number): Buffer {
  const picture = '<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\nstream\n\x80\nendstream';
  const drawn = 'q 500 0 0 700 50 50 cm /Im0 Do Q';
  const kids = Array.from({ length: pages }, (_, at) => at + 5);
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids.map((kid) => `${kid} 0 R`).join(' ')}]/Count ${pages}>>`,
    picture,
    `<</Length ${drawn.length}>>\nstream\n${drawn}\nendstream`,
    ...kids.map(() => '<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</XObject<</Im0 3 0 R>>>>/Contents 4 0 R>>'),
  ];
  let file = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const start = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')}`;
  return Buffer.from(`${file}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`, 'latin1');
}

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('documents that are pictures of pages', () => {
  const rags = runRags(() => ({
    Scans: { documents: { parsing: { scans: ScanReading.textract({ pages: 4 }) } }, splitter: Splitter.structure({ tokens: 20 }) },
    Words: { documents: { parsing: { scans: ScanReading.textract({ layout: false }) } } },
    Unread: {},
  }));

  test('are read by Textract, and found with their headings and the page that they stand on', async () => {
    rags.cloud.textract.tell([{ document: 'fees.pdf', pages: ['# Harbour fees\n\nThe harbour master keeps the books.', '## Ships\n\nA frigate pays four guineas a night.', '| Ship | Fee |\n| --- | --- |\n| sloop | one guinea |'] }]);
    rags.cloud.textract.settings.paceMs = 3_000;
    rags.cloud.textract.strike({ kind: 'limit', times: 5 });
    await rags.put('Scans', 'fees.pdf', scannedPdf(3));
    const waiting = await rags.inState('Scans', 'fees.pdf', 'scanning');
    expect(waiting).toMatchObject({ scanning_since: expect.any(Number), indexed_at: null });
    expect((await rags.call('Scans', 'v1/documents?state=scanning')).data).toMatchObject([{ key: 'fees.pdf' }]);
    expect(await rags.inState('Scans', 'fees.pdf', 'indexed')).toMatchObject({ pages_scanned: 3 });

    const [frigate] = await rags.passages('Scans', 'What does a frigate pay?');
    expect(frigate).toMatchObject({ text: expect.stringContaining('A frigate pays four guineas a night.'), source: { page: 2 } });
    const [sloop] = await rags.passages('Scans', 'What is the fee of a sloop?');
    expect(sloop).toMatchObject({ text: expect.stringContaining('| sloop | one guinea |'), source: { page: 3 } });
    expect(rags.cloud.textract.begun).toEqual(['fees.pdf']);
    expect(emittedMetrics(rags.cloud).filter(({ name }) => name === 'PagesScanned').map(({ value }) => value)).toEqual([3]);
  }, 90_000);

  test('may be PNG, and are read by their words alone where that is enough', async () => {
    rags.cloud.textract.settings.paceMs = 100;
    rags.cloud.textract.tell([{ document: 'badge.png', pages: ['The badge of the watchman is green.'] }]);
    await rags.put('Words', 'badge.png', PNG);
    await rags.inState('Words', 'badge.png', 'indexed');
    expect((await rags.passages('Words', 'Which colour has the badge?'))[0]).toMatchObject({ text: 'The badge of the watchman is green.', source: { page: 1 } });
  }, 60_000);

  test('are indexed without the pages that could not be read, which is noted', async () => {
    rags.cloud.textract.tell([{ document: 'torn.pdf', pages: ['The first page is whole.', 'never seen'], failedPages: [2] }]);
    await rags.put('Scans', 'torn.pdf', scannedPdf(2));
    expect((await rags.inState('Scans', 'torn.pdf', 'indexed')).notes).toEqual(['pages that Textract could not read: 2']);
  }, 60_000);

  test('fail with the reason of the job, and where the local cloud was told nothing, with how to tell it', async () => {
    rags.cloud.textract.tell([{ document: 'dark.pdf', failure: 'INVALID_IMAGE_TYPE' }]);
    await rags.put('Scans', 'dark.pdf', scannedPdf(1));
    await rags.put('Scans', 'untold.pdf', scannedPdf(1));
    expect((await rags.inState('Scans', 'dark.pdf', 'failed')).reason).toBe('Textract could not read the document: INVALID_IMAGE_TYPE');
    expect((await rags.inState('Scans', 'untold.pdf', 'failed')).reason).toContain('PUT /local/scans');
  }, 60_000);

  test('fail with the way out where they are not read, and where they are too long, before anything is paid', async () => {
    const begun = rags.cloud.textract.begun.length;
    await rags.put('Unread', 'fees.pdf', scannedPdf(2));
    await rags.put('Scans', 'long.pdf', scannedPdf(5));
    const { reason } = await rags.inState('Unread', 'fees.pdf', 'failed');
    expect(reason).toBe('the document is a scan: 2 of its 2 pages have no text. Let Textract read it, by documents.parsing.scans: ScanReading.textract(), or put up a document with text');
    expect((await rags.inState('Scans', 'long.pdf', 'failed')).reason).toContain('a scan of 5 pages; at most 4 are read');
    expect(rags.cloud.textract.begun.length).toBe(begun);
  }, 60_000);

  test('a document that is overwritten while it is read is found as it is now', async () => {
    rags.cloud.textract.settings.paceMs = 60_000;
    await rags.put('Scans', 'over.pdf', scannedPdf(1));
    await rags.inState('Scans', 'over.pdf', 'scanning');
    await rags.put('Scans', 'over.pdf', 'The tide table is text by now.');
    await until(() => rags.passages('Scans', 'tide table'), ([best]) => best?.text === 'The tide table is text by now.');
  }, 60_000);

  test('take no grant that is not used, and miss none', async () => {
    const found = await rags.grants((role) => role.includes('IndexSyncHandler'));
    for (const { denied, unknown, unused } of found) {
      expect({ denied, unknown, unused: unused.filter(({ action }) => action.startsWith('textract:')) }).toEqual({ denied: [], unknown: [], unused: [] });
    }
  });
});
