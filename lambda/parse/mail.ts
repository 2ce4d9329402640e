import type { Address, Attachment, Email } from 'postal-mime' with { 'resolution-mode': 'import' };
import type { ReadBytes, Reading } from './reading';
import { MarkdownWriter, oneLine } from './writer';
import { isParseFailure, type ParsedDocument, ParseFailure } from '../ports/parsing';

/** Parts of a mail that are read with it, by type or by the ending of their names. */
const READ_TYPES = /^(?:text\/(?!calendar|x-vcard|vcard|rtf)|message\/rfc822|application\/(?:json|x-ndjson|xml))/;
const READ_NAMES = /\.(?:txt|md|markdown|csv|tsv|json|jsonl|html?|eml|log)$/i;
/** Between a part in words and one in HTML that say the same. */
const SHORTER = 0.5;

/** The subject as heading, who wrote when to whom, the words, and what was attached as text; other attachments are named. */
export const readMail: ReadBytes = async (bytes, reading) => {
  const { policy } = reading;
  const { default: PostalMime } = await import('postal-mime');
  const mail = await PostalMime.parse(bytes, { maxNestingDepth: Math.min(policy.depth, 256), attachmentEncoding: 'arraybuffer' });
  refuseSecret(mail);
  const writer = new MarkdownWriter(policy.characters);
  const subject = oneLine(mail.subject ?? '');
  writer.title = subject;
  writer.heading(1, subject);
  writer.paragraph([
    ['From', people(mail.from ? [mail.from] : [])], ['To', people(mail.to)], ['Cc', people(mail.cc)], ['Date', mail.date ?? ''],
  ].filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`).join('\n'));
  const body = await bodyOf(mail, reading);
  if (body) writer.include(body);
  for (const attachment of mail.attachments) {
    reading.signal.throwIfAborted();
    await attached(writer, attachment, reading);
  }
  return writer.end('the mail says nothing: it has no subject, no text and no attachment that is read');
};

function refuseSecret({ headers }: Email): void {
  const type = headers.find(({ key }) => key === 'content-type')?.value.toLowerCase() ?? '';
  const secret = type.startsWith('multipart/encrypted') || (/^application\/(?:x-)?pkcs7-mime/.test(type) && !type.includes('signed-data'));
  if (secret) throw new ParseFailure('encrypted', 'the mail is encrypted for its readers; store it decrypted');
}

/** The part in words; the one in HTML where there is no other, or where the words leave most of it out. */
async function bodyOf({ text = '', html = '' }: Email, reading: Reading): Promise<ParsedDocument | undefined> {
  const rich = html ? await tried(Buffer.from(html), { name: 'body.html', contentType: 'text/html; charset=utf-8' }, reading) : undefined;
  const plain = text.trim() ? await tried(Buffer.from(text), { name: 'body.txt', contentType: 'text/plain; charset=utf-8' }, reading) : undefined;
  if (!plain || !rich) return plain ?? rich;
  return plain.text.length < rich.text.length * SHORTER ? rich : plain;
}

async function attached(writer: MarkdownWriter, { filename, mimeType, content, disposition }: Attachment, reading: Reading): Promise<void> {
  const name = oneLine(filename ?? '') || mimeType;
  if (!READ_TYPES.test(mimeType) && !READ_NAMES.test(name)) {
    // A picture within the text is part of how it looks.
    if (disposition !== 'inline' || !mimeType.startsWith('image/')) writer.note(`the attachment ${name} (${mimeType}) was not read`);
    return;
  }
  const bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
  const document = await tried(bytes, { name: filename ?? '', contentType: mimeType }, reading, (reason) => writer.note(`the attachment ${name} was not read: ${reason}`));
  if (!document) return;
  writer.heading(2, `Attachment: ${name}`);
  writer.include(document);
}

/** What cannot be read is no reason to lose the mail; what is too large is. */
async function tried(bytes: Uint8Array, about: Reading['about'], reading: Reading, left: (reason: string) => void = () => undefined): Promise<ParsedDocument | undefined> {
  try {
    return await reading.within(bytes, about);
  } catch (error) {
    if (!isParseFailure(error) || error.kind === 'tooLarge') throw error;
    left(error.message);
    return undefined;
  }
}

function people(addresses: readonly Address[] = []): string {
  return addresses.map(({ name, address, group }) => {
    if (group) return `${name}: ${people(group)}`;
    return name && address ? `${name} <${address}>` : address || name;
  }).filter(Boolean).join(', ');
}
