/** What holds values to JSON schemas. */
export interface JsonSchemas {
  /** What of a value does not hold, at most a few of it; nothing for a value that fits. Throws where the schema itself cannot be followed. */
  problems(schema: JsonSchema, value: unknown): Promise<string[]>;
}

export type JsonSchema = Readonly<Record<string, unknown>> | boolean;
