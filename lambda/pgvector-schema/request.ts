import { PGVECTOR_DIMENSIONS, type PgvectorTable } from '../../lib/contract/pgvector-schema';

/** What is to become of a table. */
export interface TableChange {
  readonly wanted: boolean;
  readonly table: string;
  readonly dimension: number;
}

/** Names and numbers become part of statements, so that nothing else may pass for one. */
export function parseTableChange({ RequestType, ResourceProperties }: { readonly RequestType: string; readonly ResourceProperties: object }): TableChange {
  const { Table: table, Dimension } = ResourceProperties as Partial<PgvectorTable>;
  if (typeof table !== 'string' || !/^[a-z_][a-z0-9_]{0,39}$/.test(table)) throw new Error(`'Table' must be 1 to 40 small letters, digits and '_', got '${String(table)}'`);
  const dimension = Number(Dimension);
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > PGVECTOR_DIMENSIONS) {
    throw new Error(`'Dimension' must be a whole number between 1 and ${PGVECTOR_DIMENSIONS}, got '${String(Dimension)}'`);
  }
  return { wanted: RequestType !== 'Delete', table, dimension };
}
