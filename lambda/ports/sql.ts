/** A database that runs one statement at a time. */
export interface Sql {
  /** Rejects with `SqlWaking` or `SqlGone` where it is that. */
  run(statement: string): Promise<void>;
}

/** The database sleeps, and has begun to wake. */
export class SqlWaking extends Error {
  public override readonly name = 'SqlWaking';
}

/** There is no such database. */
export class SqlGone extends Error {
  public override readonly name = 'SqlGone';
}
