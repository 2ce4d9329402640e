import { JsonSchema } from './converse';

/** Builds arguments that fit a schema from what the text says: quoted strings, names, numbers, words of an enum. */
export function argumentsFor(schema: JsonSchema, text: string): unknown {
  return fill(schema, new Findings(text));
}

function fill(schema: JsonSchema, found: Findings): unknown {
  if (schema.enum) return schema.enum.find((value) => found.says(String(value))) ?? schema.default ?? schema.enum[0];
  switch (typeOf(schema)) {
    case 'object': return fillObject(schema, found);
    case 'array': return schema.items ? [fill(schema.items, found)] : [];
    case 'integer': return Math.trunc(found.number() ?? Number(schema.default ?? schema.minimum ?? 1));
    case 'number': return found.number() ?? Number(schema.default ?? schema.minimum ?? 1);
    case 'boolean': return schema.default ?? true;
    case 'null': return null;
    default: return found.phrase() ?? schema.default ?? found.text;
  }
}

/** Required properties are always there; of the others, those that the text seems to speak of. */
function fillObject({ properties = {}, required = [] }: JsonSchema, found: Findings): Record<string, unknown> {
  const wanted = Object.entries(properties).filter(([name, property]) => required.includes(name) || property.enum?.some((value) => found.says(String(value))));
  return Object.fromEntries(wanted.map(([name, property]) => [name, fill(property, found)]));
}

function typeOf({ type, properties, items }: JsonSchema): string | undefined {
  if (type === undefined) return properties ? 'object' : items ? 'array' : undefined;
  return typeof type === 'string' ? type : type.find((one) => one !== 'null') ?? 'null';
}

/** What a text offers, each thing once and in its order. */
class Findings {
  private readonly numbers: number[];
  private readonly phrases: string[];

  constructor(readonly text: string) {
    this.numbers = (text.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
    const quoted = [...text.matchAll(/"([^"]+)"|“([^”]+)”/g)].map(([, plain, curly]) => plain ?? curly);
    // A name is a run of capitalised words; the first word of a sentence is capitalised for another reason.
    const names = [...text.matchAll(/(?<![.!?]\s*)(?<!^\s*)\b\p{Lu}[\p{L}'-]*(?:\s+\p{Lu}[\p{L}'-]*)*/gu)].map(([name]) => name).filter((name) => name !== 'I');
    // Without a name, what follows a preposition: "weather in new york, please".
    const places = [...text.matchAll(/\b(?:in|for|of|at|about|to|on)\s+(?:the\s+)?([\p{L}][\p{L}' -]*)/gu)].map(([, place]) => place.trim());
    this.phrases = [quoted, names, places].find(({ length }) => length > 0) ?? [];
  }

  says(value: string): boolean {
    return this.text.toLowerCase().includes(value.toLowerCase());
  }

  number(): number | undefined {
    return this.numbers.shift();
  }

  phrase(): string | undefined {
    return this.phrases.shift();
  }
}
