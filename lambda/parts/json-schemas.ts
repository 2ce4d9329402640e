import { Validator } from '@cfworker/json-schema';
import type { JsonSchema, JsonSchemas } from '../ports/json-schemas';

/** A caller reads no more of them at once. */
const MOST_PROBLEMS = 5;

/** Interprets schemas and makes no code of them; follows no reference out of a schema. */
export const jsonSchemas: JsonSchemas = {
  async problems(schema: JsonSchema, value: unknown) {
    const { valid, errors } = new Validator(schema as object, '2020-12', false).validate(value);
    if (valid) return [];
    // What encloses a problem only repeats it.
    const inner = errors.filter(({ instanceLocation, keyword }) => !(keyword === 'properties' || keyword === 'items' || keyword === '$ref') || !errors.some((other) => other.instanceLocation.startsWith(`${instanceLocation}/`)));
    return (inner.length > 0 ? inner : errors).slice(0, MOST_PROBLEMS).map(({ instanceLocation, error }) => `${instanceLocation}: ${error.replace(/\.$/, '')}`);
  },
};
