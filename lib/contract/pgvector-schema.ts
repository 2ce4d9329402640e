/** Everything that the handler reads from its environment which makes tables for vectors. */
export const PGVECTOR_SCHEMA_ENV = [
  /** ARN of the Aurora cluster whose Data API is called. */
  'CLUSTER_ARN',
  /** ARN of the secret that logs in. */
  'SECRET_ARN',
  'DATABASE',
  /** What every log line is called by: the construct's own name. */
  'SERVICE',
] as const;

export type PgvectorSchemaEnv = Record<(typeof PGVECTOR_SCHEMA_ENV)[number], string>;

/** What the custom resource says of its table; CloudFormation hands on texts only. */
export interface PgvectorTable {
  /** Without its schema. Another table takes the place of this one, which is then dropped. */
  readonly Table: string;
  /** Length of its vectors. */
  readonly Dimension: string;
}

/** What the custom resource says of the store of passages that a pipeline of one's own keeps: its schema, whose tables are made by its users, and these. */
export interface PgvectorStore {
  /** 1 to 40 small letters, digits and `_`, a letter first. With another name it is another store, and this one is dropped. */
  readonly Schema: string;
}

/** The schema in which the tables of knowledge bases are made. */
export const PGVECTOR_SCHEMA = 'knowledge';

/** What the columns are called. */
export const PGVECTOR_COLUMNS = { primaryKeyField: 'id', vectorField: 'embedding', textField: 'chunks', metadataField: 'metadata', customMetadataField: 'custom_metadata' } as const;

/** An index of pgvector takes no longer vectors. */
export const PGVECTOR_DIMENSIONS = 2_000;
