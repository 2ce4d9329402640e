import { ParseFailure } from '../../ports/parsing';

/** What is used of pdf.js. */
export interface PdfFile {
  readonly numPages: number;
  /** Operators that draw pictures. */
  readonly pictures: ReadonlySet<number>;
  getPage(number: number): Promise<PdfPage>;
  getMetadata(): Promise<{ readonly info: { readonly Title?: unknown } }>;
  destroy(): Promise<void>;
}

export interface PdfPage {
  getViewport(options: { readonly scale: number }): { readonly height: number; readonly transform: readonly number[] };
  getTextContent(): Promise<{ readonly items: readonly (PdfText | { readonly type: string })[] }>;
  getOperatorList(): Promise<{ readonly fnArray: readonly number[] }>;
  cleanup(): void;
}

export interface PdfText {
  readonly str: string;
  readonly transform: readonly number[];
  readonly width: number;
  readonly fontName: string;
}

/** Opens a file that is in nobody else's hands: pdf.js takes the bytes. */
export async function loadPdf(bytes: Uint8Array): Promise<PdfFile> {
  const { getDocument, OPS } = await import('unpdf/pdfjs');
  const task = getDocument({
    data: new Uint8Array(bytes),
    verbosity: 0,
    isEvalSupported: false,
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    isOffscreenCanvasSupported: false,
  });
  try {
    const file = await task.promise;
    return {
      numPages: file.numPages,
      pictures: new Set([OPS.paintImageXObject, OPS.paintInlineImageXObject, OPS.paintImageMaskXObject, OPS.paintImageXObjectRepeat]),
      getPage: (number) => file.getPage(number) as unknown as Promise<PdfPage>,
      getMetadata: () => file.getMetadata(),
      destroy: () => task.destroy(),
    };
  } catch (error) {
    await task.destroy();
    const { name, message } = error as Error;
    if (name === 'PasswordException') throw new ParseFailure('encrypted', 'the document is protected by a password; save it without one', { cause: error });
    throw new ParseFailure('broken', `the document is damaged: ${message}`, { cause: error });
  }
}
