/** SQL for questions, written from what a database holds. */
export interface SqlWriter {
  /** The queries that answer a question; none of them is run. Throws `PassagesFailure`. */
  write(question: string, signal: AbortSignal): Promise<readonly string[]>;
}
