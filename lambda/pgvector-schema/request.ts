import { PGVECTOR_DIMENSIONS, type PgvectorStore, type PgvectorTable } from '../../lib/contract/pgvector-schema';

/** What is to become of the table of a knowledge base, or of a store of passages. */
export type SchemaChange = TableChange | StoreChange;

export interface TableChange {
  readonly wanted: boolean;
  readonly table: string;
  readonly dimension: number;
}

export interface StoreChange {
  readonly wanted: boolean;
  readonly schema: string;
}

/** Names and numbers become part of statements, so that nothing else may pass for one. */
export function parseSchemaChange({ RequestType, ResourceProperties }: { readonly RequestType: string; readonly ResourceProperties: object }): SchemaChange {
  const { Table: table, Dimension, Schema: schema } = ResourceProperties as Partial<PgvectorTable & PgvectorStore>;
  const wanted = RequestType !== 'Delete';
  if (schema !== undefined) {
    if (typeof schema !== 'string' || !/^[a-z][a-z0-9_]{0,39}$/.test(schema)) throw new Error(`'Schema' must be 1 to 40 small letters, digits and '_', a letter first, got '${String(schema)}'`);
    return { wanted, schema };
  }
  if (typeof table !== 'string' || !/^[a-z_][a-z0-9_]{0,39}$/.test(table)) throw new Error(`'Table' must be 1 to 40 small letters, digits and '_', got '${String(table)}'`);
  const dimension = Number(Dimension);
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > PGVECTOR_DIMENSIONS) {
    throw new Error(`'Dimension' must be a whole number between 1 and ${PGVECTOR_DIMENSIONS}, got '${String(Dimension)}'`);
  }
  return { wanted, table, dimension };
}
