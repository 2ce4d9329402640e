/** How many requests an API takes from everybody together before it answers 429. */
export interface ApiThrottling {
  /**
   * Requests a second over time, at least 1.
   *
   * @default 50
   */
  readonly rate?: number;

  /**
   * Requests at once, at least 1.
   *
   * @default 100
   */
  readonly burst?: number;
}
