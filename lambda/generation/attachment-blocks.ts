import { attachmentTokens, decodeText, DocumentNames, type Files, isImage, TEXT_FORMATS } from './attachment';
import type { ModelFacts } from '../../lib/contract/model';
import type { FileReference } from '../ports/conversations';
import type { Block } from '../ports/model';

/** Attached files as blocks of one prompt. */
export class AttachmentBlocks {
  private readonly names = new DocumentNames();
  private readonly shown = new Set<string>();

  constructor(private readonly files: Files, private readonly inputs: ModelFacts['inputs']) {}

  /**
   * The file as the model takes it. A guardrail reads words and images but no files, so what it has to look at goes to the model as
   * the same words that it has seen; files that are no text are refused before they come here.
   */
  block({ file_id: id, filename }: FileReference, guarded: boolean): Block {
    const file = this.files.get(id);
    if (!file || !this.inputs.includes(isImage(file.format) ? 'image' : 'document')) {
      return { kind: 'text', text: `[The attached file ${new DocumentNames().add(filename)} is not shown here.]` };
    }
    // The service counts every document block, so one that is attached again is not sent again.
    if (this.shown.has(id) && !guarded) return { kind: 'text', text: `[The attached file ${new DocumentNames().add(filename)} is shown above.]` };
    this.shown.add(id);
    const { format, content } = file;
    if (isImage(format)) return { kind: 'image', format, data: Buffer.from(content).toString('base64'), guarded };
    const name = this.names.add(filename);
    if (!guarded) return { kind: 'document', format, name, content, tokens: attachmentTokens(format, content) };
    const text = (TEXT_FORMATS.includes(format) && decodeText(content)) || '';
    return { kind: 'text', text: `[The attached document ${name}:]\n${text}\n[The end of the document ${name}.]`, guarded };
  }
}
