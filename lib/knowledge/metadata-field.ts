import { type MetadataField as Field } from '../contract/metadata';

/** Options of a `MetadataField`. */
export interface MetadataFieldOptions {
  /**
   * What the field says of a document, for the model that reads filters out of questions.
   *
   * @default - the name alone
   */
  readonly description?: string;
}

/**
 * One thing that documents are described by, and may be filtered by. Its value stands in `<document>.metadata.json`, beside the document, as
 * `{ "metadataAttributes": { "department": "sales" } }`.
 *
 * @example
 * const fields = [MetadataField.text('department'), MetadataField.number('year', { description: 'When it was written' })];
 */
export class MetadataField {
  /** A text, such as a department. */
  public static text(name: string, options: MetadataFieldOptions = {}): MetadataField {
    return new MetadataField({ ...options, name, type: 'string' });
  }

  /** A number, such as a year. */
  public static number(name: string, options: MetadataFieldOptions = {}): MetadataField {
    return new MetadataField({ ...options, name, type: 'number' });
  }

  /** Whether something is so. */
  public static flag(name: string, options: MetadataFieldOptions = {}): MetadataField {
    return new MetadataField({ ...options, name, type: 'boolean' });
  }

  /** Several texts, such as tags. */
  public static textList(name: string, options: MetadataFieldOptions = {}): MetadataField {
    return new MetadataField({ ...options, name, type: 'stringList' });
  }

  /** @internal */
  public readonly _field: Field;

  private constructor(field: any) {
    this._field = field as Field;
  }
}
