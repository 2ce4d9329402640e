import { BadRequest } from '../kit/http';

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];

/** Keywords under which names have schemas of their own. */
const NAMED = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const LISTED = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SINGLE = [
  'items', 'additionalItems', 'contains', 'unevaluatedItems', 'additionalProperties', 'unevaluatedProperties', 'propertyNames', 'not', 'if', 'then', 'else',
];

/**
 * Refuses a schema that no answer could fit because it is none, with the place where it is wrong: otherwise the model would be asked twice, and blamed.
 * What is data in a schema, such as `const` and `examples`, may be anything.
 */
export function requireSchema(schema: unknown, path: string): void {
  if (typeof schema === 'boolean') return;
  if (!isRecord(schema)) refuse(path, 'must be a JSON schema, such as { "type": "string" }');
  const { type, required } = schema;
  if (type !== undefined) requireTypes(type, `${path}.type`);
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === 'string'))) refuse(`${path}.required`, 'must be a list of names of properties');
  if (schema.enum !== undefined && !Array.isArray(schema.enum)) refuse(`${path}.enum`, 'must be a list of values');

  for (const keyword of NAMED) {
    const schemas = schema[keyword];
    if (schemas === undefined) continue;
    if (!isRecord(schemas)) refuse(`${path}.${keyword}`, 'must be an object whose values are JSON schemas');
    for (const [name, each] of Object.entries(schemas)) requireSchema(each, `${path}.${keyword}.${name}`);
  }
  for (const keyword of LISTED) {
    const schemas = schema[keyword];
    if (schemas === undefined) continue;
    if (!Array.isArray(schemas)) refuse(`${path}.${keyword}`, 'must be a list of JSON schemas');
    requireEach(schemas, `${path}.${keyword}`);
  }
  for (const keyword of SINGLE) {
    const each = schema[keyword];
    // Before 2020, a list of `items` was what `prefixItems` is.
    if (keyword === 'items' && Array.isArray(each)) requireEach(each, `${path}.items`);
    else if (each !== undefined) requireSchema(each, `${path}.${keyword}`);
  }
}

function requireEach(schemas: readonly unknown[], path: string): void {
  schemas.forEach((each, at) => requireSchema(each, `${path}.${at}`));
}

function requireTypes(type: unknown, path: string): void {
  const types: unknown[] = Array.isArray(type) ? type : [type];
  const wrong = types.find((each) => !TYPES.includes(each as string));
  if (types.length > 0 && wrong === undefined) return;
  refuse(path, `must be one of ${TYPES.join(', ')}, or a list of these, got ${types.length === 0 ? 'an empty list' : (JSON.stringify(wrong) ?? '').slice(0, 100)}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(path: string, rule: string): never {
  throw new BadRequest(path, `'${path}' ${rule}.`, 'invalid_value');
}
