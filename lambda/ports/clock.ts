/** Time and chance, so that a core's waits and jitter are its caller's to decide. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  pause(milliseconds: number): Promise<void>;
  /** Does something again and again, until the function that it gives back is called. */
  every(milliseconds: number, act: () => void): () => void;
  /** Evenly between 0 and 1. */
  chance(): number;
}
