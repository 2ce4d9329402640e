import { posix } from 'node:path';
import { attribute, eachElement, rootElement, textOf } from './xml';
import { openZip, type Zip } from './zip';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { ParseFailure } from '../ports/parsing';

/** A document of Office Open XML: parts that point to each other by relationships. */
export interface Package {
  readonly zip: Zip;
  /** The part that the others hang on. */
  readonly main: string;
  /** As the document's properties say it. */
  readonly title?: string;
  /** Parts that a part points to, by id; those outside of the document are left out. */
  relationsOf(part: string): Relations;
}

export interface Relations {
  byId(id: string | undefined): string | undefined;
  /** Of a kind, by the last word of its type: `slide`, `styles`. */
  ofKind(kind: string): string[];
}

/** Opens a package whose main part is as `fallback` where no relationship tells it. */
export function openPackage(bytes: Uint8Array, fallback: string, policy: ParsePolicy): Package {
  const zip = openZip(bytes, policy);
  const relationsOf = (part: string) => relations(zip, part, policy);
  const main = relationsOf('').ofKind('officeDocument').find((name) => zip.names.includes(name)) ?? fallback;
  if (!zip.names.includes(main)) throw new ParseFailure('broken', `the document has no ${fallback}: it is damaged, or not what its name says`);
  const title = textOf(rootElement(zip.read('docProps/core.xml'), 'title', policy)).trim();
  return { zip, main, relationsOf, ...title && { title } };
}

function relations(zip: Zip, part: string, policy: ParsePolicy): Relations {
  const folder = posix.dirname(part);
  const found: { readonly id: string; readonly kind: string; readonly target: string }[] = [];
  eachElement(zip.read(posix.join(folder, '_rels', `${posix.basename(part)}.rels`)), ['Relationship'], policy, (element) => {
    const target = attribute(element, 'Target') ?? '';
    if (attribute(element, 'TargetMode') === 'External') return;
    found.push({
      id: attribute(element, 'Id') ?? '',
      kind: (attribute(element, 'Type') ?? '').split('/').at(-1) ?? '',
      target: target.startsWith('/') ? target.slice(1) : posix.join(folder, target),
    });
  });
  return {
    byId: (id) => found.find((relation) => relation.id === id)?.target,
    ofKind: (kind) => found.filter((relation) => relation.kind === kind).map(({ target }) => target),
  };
}
