/** The parts of dynalite that stand behind its HTTP server: the store, the checks of a request, and the operations. */
declare module 'dynalite/db' {
  export interface Store {
    readonly db: { close(done: (error?: Error) => void): void };
  }
  export function create(options: { createTableMs: number; deleteTableMs: number; updateTableMs: number }): Store;
}

declare module 'dynalite/validations' {
  import type { Store } from 'dynalite/db';
  export function toLowerFirst(text: string): string;
  export function checkTypes(data: unknown, types: unknown): object;
  export function checkValidations(data: object, types: unknown, custom: unknown, store: Store): void;
}
