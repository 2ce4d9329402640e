/** A text behind what leads to it, as it is embedded, told to models and told apart from others. */
export function withLead({ lead = '', text }: { readonly lead?: string; readonly text: string }): string {
  return lead === '' ? text : `${lead}\n${text}`;
}
