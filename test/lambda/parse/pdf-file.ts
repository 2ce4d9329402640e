/** A line of text, its place counted from the page's foot in points. */
export interface Drawn {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly size?: number;
}

export interface PdfOptions {
  /** Drawn on each page beside its text. */
  readonly picture?: boolean;
  readonly title?: string;
  /** Put in front of each page's text. */
  readonly before?: string;
}

/** A PDF of the few objects that it takes, a page for each list of lines. */
export function pdf(pages: readonly (readonly Drawn[])[], { picture = false, title, before = '' }: PdfOptions = {}): Buffer {
  const objects: string[] = ['<< /Type /Catalog /Pages 2 0 R >>', '', '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    stream('/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8', 'x'), `<< /Title (${title ?? ''}) >>`];
  const kids = pages.map((page) => {
    const drawn = page.map(({ x, y, text, size = 10 }) => `BT /F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm (${text.replace(/[\\()]/g, '\\$&')}) Tj ET`).join('\n');
    objects.push(stream('', `${before}${picture ? 'q 600 0 0 800 0 0 cm /P Do Q\n' : ''}${drawn}`));
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents ${objects.length} 0 R /Resources << /Font << /F1 3 0 R >>${picture ? ' /XObject << /P 4 0 R >>' : ''} >> >>`);
    return `${objects.length} 0 R`;
  });
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${pages.length} >>`;
  if (!picture) objects[3] = 'null';
  let file = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  return Buffer.from(`${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer << /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${file.length}\n%%EOF`, 'latin1');
}

function stream(about: string, content: string): string {
  return `<< ${about} /Length ${content.length} >>\nstream\n${content}\nendstream`;
}

/** Lines below each other from the top of a page, 12 points apart. */
export function lines(texts: readonly string[], { x = 60, y = 700, size = 10 }: Partial<Omit<Drawn, 'text'>> = {}): Drawn[] {
  return texts.map((text, at) => ({ x, y: y - at * size * 1.2, text, size }));
}
